"""Leads on list, board, calendar, form and REST."""

from __future__ import annotations

from app.sdk import Clue, Related, Resource, Section, _l, alike, similar
from plugins.crm.models import Lead
from plugins.crm.models.assignment import Assignment
from plugins.crm.resources.assignment import lead_actions
from plugins.crm.services import leads
from plugins.crm.services.capture import importing


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
        calendar="next_follow_up_at",
        owner_field="assigned_to",
        picker="company stage",
        scopes={"agent": "own", "manager": "team"},
        before_save=leads.complete,
        companions=(importing.contact_columns(),),
        warn=similar,
        suspects=alike,
        clues=(Clue("contact", 30), Clue("title", 30, how="name", leads=False), Clue("company", 10, leads=False)),
        related=(Related(Assignment, "lead", _l("Owners")),),
        actions=lead_actions(),
        icon="target",
        order=10,
    )
