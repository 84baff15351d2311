"""Territories on screens: the tree with its members, the rules, and looking at all leads again."""

from __future__ import annotations

from app.sdk import Action, Panel, Related, Resource, Section, _l, _lp, archive_actions, belongs_to
from plugins.crm.models import (
    Lead,
    Territory,
    TerritoryCondition,
    TerritoryMember,
    TerritoryReview,
    TerritoryRule,
)
from plugins.crm.resources.pipelines import SETTING_UP
from plugins.crm.services import conditions
from plugins.crm.services.territories import actions, removing, reviewing

_MANAGING = ("owner", "admin", "manager")
_KEEPING = {**SETTING_UP, "manager": SETTING_UP["owner"]}
_RULING = {role: verbs for role, verbs in _KEEPING.items() if role in _MANAGING}


def resources() -> list[Resource]:
    return [_territory(), _member(), _rule(), _condition(), _review()]


def lead_actions() -> tuple[Action, ...]:
    """The buttons on leads."""
    return (
        Action(
            "find_territories", _l("Find territories anew"), actions.find_anew, roles=("manager",), on="bulk",
            icon="globe",
        ),
        Action(
            "to_the_rules", _l("Let the rules find its territory"), actions.to_the_rules, icon="globe",
            applies=actions.is_by_hand,
        ),
    )  # fmt: skip


def _territory() -> Resource:
    onward = belongs_to(Territory, label=_l("What is below it, and leads put there by hand, go to"),
                        help=_l("To the territory above when left empty."))  # fmt: skip
    return Resource(
        Territory,
        title=_l("Territory"),
        plural=_l("Territories"),
        list="name part_of manager shares_leads position",
        about=_l("Regions, or any parts of your market, each below another. Rules find the territory of a lead."),
        search="name",
        sort="position",
        tree="part_of",
        picker="part_of manager",
        colour="colour",
        sections=(
            Section(_l("Territory"), "name part_of position colour description"),
            Section(_l("Who works there"), "manager shares_leads"),
        ),
        inlines="members",
        related=(
            Related(Territory, "part_of", _l("Territories below it")),
            Related(TerritoryRule, "territory", _l("Rules")),
            Related(Lead, "territory", _l("Leads")),
        ),
        grants=_KEEPING,
        actions=(
            Action(
                "archive", _lp("what to do", "Archive"), actions.archive, _MANAGING, applies=actions.is_at_work,
                icon="box",
            ),
            archive_actions(_MANAGING)[1],
            Action(
                "remove", _l("Delete and move its leads"), removing.remove, roles=("manager",), on="row", danger=True,
                confirm=_l("It is deleted for good with its rules. Its leads find another territory."),
                parameters={"to": onward},
            ),
        ),
        custom_fields=False,
        icon="globe",
        order=145, menu="setup",
    )  # fmt: skip


def _member() -> Resource:
    return Resource(
        TerritoryMember,
        title=_l("Member of a territory"),
        plural=_l("Members of territories"),
        list="territory member created_at",
        verbs="read create delete export import",
        grants={role: verbs.replace("update ", "") for role, verbs in _KEEPING.items()},
        menu=False,
        custom_fields=False,
        everywhere=False,
        icon="users",
    )


def _rule() -> Resource:
    return Resource(
        TerritoryRule,
        title=_l("Rule of a territory"),
        plural=_l("Rules of territories"),
        list="name territory is_active",
        about=_l("Which leads belong to which territory: by country, source, value and much else."),
        sort="name",
        search="name",
        inlines="conditions",
        grants=_RULING,
        actions=(
            Action(
                "try", _l("Try it"), actions.try_rule, roles=("manager",), on="row", icon="bolt",
                parameters={"lead": belongs_to(Lead, required=True, label=_l("Lead"))},
            ),
        ),
        custom_fields=False,
        icon="route",
        order=146, menu="setup",
    )  # fmt: skip


def _condition() -> Resource:
    return Resource(
        TerritoryCondition,
        title=_l("Condition of a territory"),
        plural=_l("Conditions of territories"),
        list="rule field operator value country",
        grants=_RULING,
        before_save=conditions.check,
        menu=False,
        custom_fields=False,
        icon="filter",
    )


def _review() -> Resource:
    return Resource(
        TerritoryReview,
        title=_l("Finding territories anew"),
        plural=_l("Finding territories anew"),
        list="created_at which state seen would_move moved",
        form="which",
        detail=(Section(_l("Leads"), "which state seen by_hand would_move moved"),),
        panels=(Panel("moves", _l("From where to where"), reviewing.facts),),
        verbs="read create delete export",
        grants=dict.fromkeys(_MANAGING, "read create delete export"),
        before_save=reviewing.begin,
        actions=(
            Action("start", _l("Move them"), reviewing.start, roles=("manager",), on="row", icon="check",
                   applies=reviewing.is_ready,
                   confirm=_l("Leads whose territory somebody chose stay. The rules are asked as they are now.")),
            Action("count", _l("Look again"), reviewing.count_again, roles=("manager",), on="row", icon="restore",
                   applies=reviewing.is_at_rest),
        ),
        custom_fields=False,
        everywhere=False,
        icon="restore",
        order=147, menu="setup",
    )  # fmt: skip
