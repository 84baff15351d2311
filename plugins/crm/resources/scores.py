"""Scoring rules on screens: their conditions, and trying one on a lead."""

from __future__ import annotations

from app.sdk import Action, Resource, Section, _l, belongs_to
from plugins.crm.models import Lead, ScoreCondition, ScoreRule
from plugins.crm.resources.pipelines import SETTING_UP
from plugins.crm.services import conditions
from plugins.crm.services.scoring import trying


def resources() -> list[Resource]:
    return [_rule(), _condition()]


def _rule() -> Resource:
    return Resource(
        ScoreRule,
        title=_l("Scoring rule"),
        plural=_l("Scoring rules"),
        list="name points is_active",
        about=_l("Rules give leads points. What has the most of them stands on top of Today."),
        sections=(Section(_l("Rule"), "name points is_active"),),
        inlines="conditions",
        sort="name",
        search="name",
        grants=SETTING_UP,
        actions=(
            Action(
                "try", _l("Try it"), trying.try_rule, roles=("manager",), on="row", icon="bolt",
                parameters={"lead": belongs_to(Lead, required=True, label=_l("Lead"))},
            ),
        ),
        custom_fields=False,
        icon="star",
        order=160,
        menu="setup",
    )  # fmt: skip


def _condition() -> Resource:
    return Resource(
        ScoreCondition,
        title=_l("Condition of a score"),
        plural=_l("Conditions of scores"),
        list="rule field operator value",
        grants=SETTING_UP,
        before_save=conditions.check,
        menu=False,
        custom_fields=False,
        icon="filter",
    )
