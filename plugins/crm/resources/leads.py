"""Leads on list, board, calendar, form and REST."""

from __future__ import annotations

from app.sdk import Related, Resource, Section, _l
from plugins.crm.models import Activity, Appointment, Lead, Task
from plugins.crm.models.assignment import Assignment
from plugins.crm.resources import activities, assignment
from plugins.crm.resources.appointments import book_action
from plugins.crm.services import leads


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
        related=(
            Related(Task, "lead", _l("Tasks")),
            Related(Appointment, "lead", _l("Appointments")),
            Related(Activity, "lead", _l("Activities")),
            Related(Assignment, "lead", _l("Owners")),
        ),
        actions=(*activities.lead_actions(), book_action(), *assignment.lead_actions()),
        picker="company stage",
        scopes={"agent": "own", "manager": "team"},
        before_save=leads.complete,
        icon="target",
        order=10,
    )
