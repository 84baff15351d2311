"""Activities and tasks, and the quick ways to write them down on a lead's page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from app.sdk import Action, Field, ListView, Member, Principal, Resource, Section, _l, reach
from plugins.crm.models import Activity, Lead, Task
from plugins.crm.models.activities import CALL_RESULTS, DIRECTIONS
from plugins.crm.models.priorities import PRIORITIES
from plugins.crm.services import activities, follow_ups
from plugins.crm.services.response import actions, waiting

_NOTES = Field("long_text", label=_l("Notes"), max_length=20_000)
_MINUTES = Field("integer", label=_l("Minutes"), minimum=0, maximum=1440)
_DIRECTION = Field("choice", label=_l("Direction"), choices=DIRECTIONS, default="out")
WHEN = {
    "when": Field("choice", label=_l("When"), choices=follow_ups.WHENS, default="tomorrow", required=True),
    "at": Field("moment", label=_l("At"), show_if="when=at"),
}


def resources() -> list[Resource]:
    return [_activity(), _task()]


def lead_actions() -> tuple[Action, ...]:
    """What belongs on a lead's page."""
    return (
        Action(
            "follow_up", _l("Follow up…"), follow_ups.follow_up, icon="clock", parameters=WHEN,
        ),
        Action(
            "followed_up", _l("Followed up"), follow_ups.done, icon="check",
            applies=lambda lead: lead.next_follow_up_at is not None,
        ),
        Action("answered", _l("Answered"), actions.mark, icon="check", applies=waiting.is_waiting),
        Action(
            "log_call", _l("Log a call"), activities.log_call, on="row", icon="phone",
            parameters={
                "result": Field("choice", label=_l("Result"), choices=CALL_RESULTS, required=True),
                "direction": _DIRECTION, "minutes": _MINUTES, "notes": _NOTES,
                "follow_up_at": Field("moment", label=_l("Next follow-up")),
            },
        ),
        Action(
            "add_task", _l("Add a task"), activities.add_task, icon="check",
            parameters={
                "title": Field("text", label=_l("Title"), required=True, max_length=255),
                "due_at": Field("moment", label=_l("Due")),
                "assignee": Field("belongs_to", label=_l("Assigned to"), target=lambda: Member),
                "priority": Field("choice", label=_l("Priority"), choices=PRIORITIES, default="normal"),
            },
        ),
        Action(
            "log_meeting", _l("Log a meeting"), activities.log_meeting, on="row", icon="people",
            parameters={
                "subject": Field("text", label=_l("Subject"), max_length=255), "minutes": _MINUTES,
                "at": Field("moment", label=_l("When")), "notes": _NOTES,
            },
        ),
        Action(
            "log_email", _l("Log an e-mail"), activities.log_email, on="row", icon="mail",
            parameters={
                "subject": Field("text", label=_l("Subject"), required=True, max_length=255),
                "direction": _DIRECTION, "notes": _NOTES,
            },
        ),
    )  # fmt: skip


def within_reach(model: Any, owner: Any) -> Any:
    """A row rule: what is about a lead is reached with the lead, or by whoever it was given to."""

    def rule(person: Principal) -> Any:
        rules = reach(Lead).row_rules()
        if not rules:
            return None
        return or_(
            model.lead_id.is_(None), owner == person.membership_id, model.lead_id.in_(select(Lead.id).where(*rules))
        )

    return rule


def _activity() -> Resource:
    return Resource(
        Activity,
        title=_l("Activity"),
        plural=_l("Activities"),
        list="kind subject lead contact result minutes done_by at",
        search="subject",
        views=(ListView("mine", _l("Mine"), "done_by.is=me"),),
        about=_l("Calls, meetings and e-mails, as they are logged on leads, contacts and companies."),
        sort="-at",
        sections=(
            Section(_l("What"), "kind subject direction result minutes at notes"),
            Section(_l("About"), "lead contact company done_by"),
        ),
        calendar="at",
        owner_field="done_by",
        row_rule=within_reach(Activity, Activity.done_by_id),
        before_save=activities.complete_activity,
        warn=activities.about_nobody,
        icon="phone",
        order=40,
    )


def _task() -> Resource:
    return Resource(
        Task,
        title=_l("Task"),
        plural=_l("Tasks"),
        list="title state priority due_at assignee lead",
        search="title",
        views=(
            ListView("mine", _l("Mine, still to do"), "assignee.is=me&state.one_of=open"),
            ListView("open", _l("Still to do"), "state.one_of=open"),
        ),
        about=_l("Who does what until when. Tasks are reminded of, and stand on Today and in the calendar."),
        sort="due_at",
        sections=(
            Section(_l("Task"), "title state due_at priority assignee repeats notes"),
            Section(_l("About"), "lead contact company"),
        ),
        board="state",
        calendar="due_at",
        owner_field="assignee",
        row_rule=within_reach(Task, Task.assignee_id),
        before_save=activities.complete_task,
        actions=(
            Action(
                "finish", _l("Done"), activities.finish, icon="check", applies=lambda task: task.state == "open"
            ),
            Action("put_off", _l("Put off…"), follow_ups.put_off, icon="clock", parameters=WHEN,
                   applies=lambda task: task.state == "open"),
            Action(
                "reopen", _l("Open again"), activities.reopen, icon="restore", applies=lambda task: task.state == "done"
            ),
        ),
        icon="check",
        order=30,
    )  # fmt: skip
