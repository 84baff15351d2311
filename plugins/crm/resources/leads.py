"""Leads on list, board, calendar, form and REST."""

from __future__ import annotations

from app.sdk import Action, Company, Contact, Field, Related, Resource, Section, _l, archive_actions
from plugins.crm.models import Lead, LostReason
from plugins.crm.models.assignment import Assignment
from plugins.crm.resources.assignment import lead_actions
from plugins.crm.services import leads, verbs


def resources() -> list[Resource]:
    return [_lead()]


def _lead() -> Resource:
    return Resource(
        Lead,
        title=_l("Lead"),
        plural=_l("Leads"),
        list="title contact stage value assigned_to next_follow_up_at",
        search="title source",
        sections=(
            Section(_l("Lead"), "title contact company value expected_close priority tags description"),
            Section(_l("Way"), "stage status lost_reason source"),
            Section(_l("Work"), "assigned_to next_follow_up_at"),
        ),
        inlines="lines",
        board="stage",
        board_totals="value",
        calendar="next_follow_up_at",
        timeline=True,
        actions=(*_actions(), *lead_actions()),
        owner_field="assigned_to",
        picker="company stage",
        scopes={"agent": "own", "manager": "team"},
        before_save=leads.complete,
        related=(Related(Assignment, "lead", _l("Owners")),),
        icon="target",
        order=10,
    )


def _actions() -> tuple[Action, ...]:
    reason = Field("belongs_to", label=_l("Lost because"), target=lambda: LostReason, required=True)
    became = {
        "contact": Field("belongs_to", label=_l("Contact"), target=lambda: Contact),
        "person": Field("text", label=_l("or a new contact called"), max_length=200),
        "company": Field("belongs_to", label=_l("Company"), target=lambda: Company),
        "organisation": Field("text", label=_l("or a new company called"), max_length=200),
    }
    return (
        Action("win", _l("Won"), verbs.win, applies=verbs.is_not_won, icon="check"),
        Action(
            "lose", _l("Lost"), verbs.lose, parameters={"reason": reason}, applies=lambda lead: lead.lost_at is None
        ),
        Action("reopen", _l("Open again"), verbs.reopen, applies=verbs.is_closed),
        Action("convert", _l("Convert"), verbs.convert, parameters=became, applies=verbs.is_unconverted),
        *archive_actions(),
    )
