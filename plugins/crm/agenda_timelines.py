"""What activities, tasks, appointments and answers tell on the timelines of leads, contacts and companies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func

from app.sdk import Company, Contact, Timeline, _, _l, timeline_rows
from plugins.crm.models import Activity, Appointment, Lead, LeadAnswer, Task

_LINKS = {Lead: "lead_id", Contact: "contact_id", Company: "company_id"}


def timelines() -> list[Timeline]:
    return [
        Timeline("crm.activities", _l("Activities"), Activity, _activities, _activity, "phone", body=_notes,
                 events=("crm.activity_created", "crm.activity_updated"),
                 actions="crm.lead.log_call crm.lead.log_meeting crm.lead.log_email"),
        Timeline("crm.tasks", _l("Tasks"), Task, _tasks, _task, "check", body=_notes,
                 events=("crm.task_created", "crm.task_updated"), actions="crm.lead.add_task"),
        Timeline("crm.appointments", _l("Appointments"), Appointment, _appointments, _appointment, "calendar",
                 body=_notes, events=("crm.appointment_created", "crm.appointment_updated"), actions="crm.lead.book"),
        Timeline("crm.answers", _l("Responses"), LeadAnswer, _answers, _answer, "clock", body=_waited,
                 events=("crm.answer_late",)),
    ]  # fmt: skip


def _about(model: Any, record: Any) -> Any:
    """The condition that a row is about the record; None for records of other kinds."""
    link = _LINKS.get(type(record))
    return getattr(model, link) == record.id if link is not None and hasattr(model, link) else None


def _activities(record: Any) -> Any:
    mine = _about(Activity, record)
    if mine is None:
        return None
    rows = timeline_rows(
        Activity, Activity.at, kind=Activity.kind, subject=Activity.subject, result=Activity.result,
        minutes=Activity.minutes, notes=Activity.notes,
    )  # fmt: skip
    return rows.where(mine)


def _activity(facts: Mapping[str, Any]) -> str:
    parts = [_choice(Activity, "kind", facts["kind"])]
    if facts["result"]:
        parts.append(_choice(Activity, "result", facts["result"]))
    if facts["minutes"]:
        parts.append(_("%(count)s minutes", count=facts["minutes"]))
    return ": ".join(filter(None, (" · ".join(parts), facts["subject"])))


def _tasks(record: Any) -> Any:
    mine = _about(Task, record)
    if mine is None:
        return None
    at = func.coalesce(Task.done_at, Task.created_at)  # what is done moves up to where it was done
    return timeline_rows(Task, at, title=Task.title, state=Task.state, notes=Task.notes).where(mine)


def _task(facts: Mapping[str, Any]) -> str:
    return f"{_('Task')} · {_choice(Task, 'state', facts['state'])}: {facts['title']}"


def _appointments(record: Any) -> Any:
    mine = _about(Appointment, record)
    if mine is None:
        return None
    rows = timeline_rows(
        Appointment, Appointment.scheduled_at, title=Appointment.title, kind=Appointment.kind,
        status=Appointment.status, notes=Appointment.notes,
    )  # fmt: skip
    return rows.where(mine)


def _appointment(facts: Mapping[str, Any]) -> str:
    what = " · ".join((_choice(Appointment, "kind", facts["kind"]), _choice(Appointment, "status", facts["status"])))
    return f"{what}: {facts['title']}"


def _answers(record: Any) -> Any:
    if not isinstance(record, Lead):
        return None
    rows = timeline_rows(
        LeadAnswer, LeadAnswer.answered_at, round=LeadAnswer.round, in_time=LeadAnswer.in_time,
        minutes=LeadAnswer.minutes,
    )  # fmt: skip
    return rows.where(LeadAnswer.lead_id == record.id)


def _answer(facts: Mapping[str, Any]) -> str:
    verdict = _choice(Lead, "response_state", "met" if facts["in_time"] else "missed")
    return f"{_choice(LeadAnswer, 'round', facts['round'])} · {verdict}"


def _waited(facts: Mapping[str, Any]) -> str:
    return f"{LeadAnswer.__fields__['minutes'].words}: {facts['minutes']}"


def _choice(model: Any, name: str, value: str) -> str:
    return next((one.words for one in model.__fields__[name].choices if one.value == value), value)


def _notes(facts: Mapping[str, Any]) -> str:
    return facts["notes"] or ""
