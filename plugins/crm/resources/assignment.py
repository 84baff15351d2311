"""Assignment on screens: rules, shares, absences, and what became of every lead."""

from __future__ import annotations

from app.sdk import Action, Member, Resource, Section, Team, _l, _lp, belongs_to
from plugins.crm.models import Lead
from plugins.crm.models.assignment import Absence, Assignee, Assignment, AssignmentRule, RuleCondition
from plugins.crm.resources.pipelines import SETTING_UP
from plugins.crm.services import conditions
from plugins.crm.services.assignment import actions, checks

_KEEPING = {role: verbs for role, verbs in SETTING_UP.items() if role in ("owner", "admin", "manager")}
_OWN_ABSENCES = {**SETTING_UP, "agent": "read create update delete"}
_MEMBER = belongs_to(Member, required=True, label=_lp("change", "To"))
_TEAM = belongs_to(Team, required=True, label=_l("Team"))


def resources() -> list[Resource]:
    return [_rule(), _condition(), _assignee(), _absence(), _assignment()]


def take_action() -> Action:
    """What somebody does first with a lead that nobody has."""
    return Action("take", _l("Take it"), actions.take, icon="person", applies=lambda lead: lead.assigned_to_id is None)


def lead_actions() -> tuple[Action, ...]:
    """The buttons on leads."""
    return (
        Action("assign", _l("Assign"), actions.assign, icon="person", parameters={"member": _MEMBER}),
        Action(
            "distribute", _l("Distribute in a team"), actions.distribute, roles=("manager",), on="bulk", icon="users",
            parameters={"team": _TEAM},
        ),
        Action(
            "ask_rules", _l("Assign by the rules"), actions.ask_rules, roles=("manager",), on="bulk", icon="route"
        ),
    )  # fmt: skip


def _rule() -> Resource:
    return Resource(
        AssignmentRule,
        title=_l("Assignment rule"),
        plural=_l("Assignment rules"),
        list="position name team member is_territorial is_active",
        about=_l("Rules give new leads to a team, in turn, or to a person. Without one, leads wait to be taken."),
        sections=(
            Section(_l("Rule"), "name position is_active"),
            Section(_l("Who gets the lead"), "team member is_territorial"),
        ),
        inlines="conditions",
        sort="position",
        search="name",
        grants=_KEEPING,
        before_save=checks.check_rule,
        actions=(
            Action(
                "try", _l("Try it"), actions.try_rule, roles=("manager",), on="row", icon="bolt",
                parameters={"lead": belongs_to(Lead, required=True, label=_l("Lead"))},
            ),
        ),
        custom_fields=False,
        icon="route",
        order=150, menu="setup",
    )  # fmt: skip


def _condition() -> Resource:
    return Resource(
        RuleCondition,
        name="rule_condition",
        title=_l("Condition"),
        plural=_l("Conditions"),
        list="rule field operator value",
        grants=_KEEPING,
        before_save=conditions.check,
        menu=False,
        custom_fields=False,
        icon="filter",
    )


def _assignee() -> Resource:
    return Resource(
        Assignee,
        title=_l("Share of a member"),
        plural=_l("Shares of members"),
        list="member weight most created_at",
        about=_l("The members of a team take turns. Say here who gets more leads than the others, or only so many."),
        grants=_KEEPING,
        before_save=checks.check_assignee,
        actions=(
            Action(
                "hand_over", _l("Hand over open leads"), actions.hand_over, roles=("manager",), icon="out",
                parameters={
                    "member": belongs_to(Member, label=_lp("change", "To")),
                    "team": belongs_to(Team, label=_l("Or to a team, in turn")),
                },
            ),
        ),
        custom_fields=False,
        icon="stairs",
        order=160, menu="setup",
    )  # fmt: skip


def _absence() -> Resource:
    return Resource(
        Absence,
        title=_l("Absence"),
        plural=_l("Absences"),
        list="member starts_at ends_at reason",
        about=_l("Whoever is away gets no new leads, and nobody is offered their time."),
        sort="-starts_at",
        calendar="starts_at",
        grants=_OWN_ABSENCES,
        owner_field="member",
        scopes={"agent": "own"},
        before_save=checks.check_absence,
        custom_fields=False,
        icon="calendar",
        order=170,
        menu="setup",
    )


def _assignment() -> Resource:
    return Resource(
        Assignment,
        title=_l("Change of owner"),
        plural=_l("Changes of owners"),
        list="created_at lead previous member way rule",
        verbs="read export",
        grants={**dict.fromkeys(("owner", "admin", "manager"), "read export"), "agent": "read", "viewer": "read"},
        custom_fields=False,
        everywhere=False,
        menu=False,
        icon="history",
    )
