"""Reminders: follow-ups, tasks and appointments whose time has come are told to whoever they belong to, once.

A job looks every minute, for contacts who were invited (`guests`) and for leads that wait for an answer
(`response.alerting`) as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, select

from app.sdk import JobRun, Record, _l, notify, publish, session, utcnow
from plugins.crm.agenda_events import FollowUpDue
from plugins.crm.models import Appointment, Lead, Reminder, Task
from plugins.crm.services import guests, people
from plugins.crm.services.open_leads import is_of_live_lead, is_open
from plugins.crm.services.remembering import Due, not_told, remember
from plugins.crm.services.response import alerting
from plugins.crm.services.words import Later

AT_ONCE = 500
LATE = timedelta(days=1)
"""What nothing was running for longer than this is not told any more: it stands on Today."""
KEEP = timedelta(days=90)


def remind(run: JobRun) -> int:
    """The job. Returns how many reminders were given."""
    now = utcnow()
    found = [*_follow_ups(now), *_tasks(now), *_appointments(now)]
    new = remember(found)
    zones = people.zones_of(due.member_id for due in new)
    for due in new:
        _tell(due, zones.get(due.member_id, ZoneInfo("UTC")))
    return len(new) + guests.remind(now) + alerting.alert(now)


def _dues(about: str, statement: Select[Any]) -> list[Due]:
    return [Due(about, member, target, moment) for target, member, moment in session.execute(statement.limit(AT_ONCE))]


def _follow_ups(now: datetime) -> list[Due]:
    moment = Lead.next_follow_up_at
    due = select(Lead.id, Lead.assigned_to_id, moment).where(
        Lead.next_follow_up_at_sort <= now, Lead.next_follow_up_at_sort > now - LATE, Lead.assigned_to_id.is_not(None),
        *is_open(), not_told("follow_up", Lead.id, moment, Lead.assigned_to_id),
    )  # fmt: skip
    return _dues("follow_up", due.order_by(Lead.next_follow_up_at_sort))


def _tasks(now: datetime) -> list[Due]:
    due = select(Task.id, Task.assignee_id, Task.due_at).where(
        Task.due_at_sort <= now, Task.due_at_sort > now - LATE, Task.assignee_id.is_not(None), Task.state == "open",
        Task.is_live(), not_told("task", Task.id, Task.due_at, Task.assignee_id),
    )  # fmt: skip
    return _dues("task", due.order_by(Task.due_at_sort))


def _appointments(now: datetime) -> list[Due]:
    """Of the reminders of an appointment whose time has come, the latest: one is enough for what was booked late."""
    soon = select(
        Appointment.id, Appointment.assignee_id, Appointment.scheduled_at, Appointment.reminders
    ).where(
        Appointment.status == "scheduled", Appointment.is_live(), Appointment.scheduled_at > now,
        Appointment.scheduled_at <= now + LATE, Appointment.reminders != "none",
        is_of_live_lead(Appointment),
    )  # fmt: skip
    rows = session.execute(soon.order_by(Appointment.scheduled_at)).all()
    told = _told_of("appointment", [row.id for row in rows])
    found = []
    for row in rows:
        moments = [row.scheduled_at - timedelta(minutes=int(minutes)) for minutes in row.reminders.split()]
        moment = max((one for one in moments if one <= now), default=None)
        if moment is not None and (row.id, moment, row.assignee_id) not in told:
            found.append(Due("appointment", row.assignee_id, row.id, moment))
    return found[:AT_ONCE]


def _told_of(about: str, targets: Sequence[UUID]) -> set[tuple[UUID, datetime, UUID]]:
    told = select(Reminder.target_id, Reminder.for_at, Reminder.member_id)
    return {tuple(row) for row in session.execute(told.where(Reminder.target_id.in_(targets), Reminder.about == about))}


def _tell(due: Due, zone: ZoneInfo) -> None:
    record = session.get(_MODELS[due.about], due.target_id)
    if record is None:
        return
    notify(due.member_id, f"crm.{due.about}_due", _title(record, zone), target=record,
           dedupe=f"{due.target_id}:{due.for_at.isoformat()}")  # fmt: skip
    if isinstance(record, Lead):
        publish(FollowUpDue(record.id, due.for_at), aggregate=record)


_MODELS: Mapping[str, type[Record]] = {"follow_up": Lead, "task": Task, "appointment": Appointment}


def _title(record: Record, zone: ZoneInfo) -> Any:
    if isinstance(record, Appointment):
        return _l("%(time)s: %(what)s", time=Later(record.scheduled_at, zone), what=record.title)
    if isinstance(record, Task):
        return _l("Task due: %(what)s", what=record.title)
    return _l("Follow up: %(what)s", what=record.title)


def purge(run: JobRun) -> int:
    """Forget reminders of long ago."""
    old = delete(Reminder).where(Reminder.created_at < utcnow() - KEEP)
    return int(session.execute(old, execution_options={"synchronize_session": False}).rowcount)
