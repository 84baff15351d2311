"""What is true of activities and tasks before they are saved, and the quick ways to write them down."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.sdk import Doubt, FieldError, _, session, utcnow
from plugins.crm.models import Activity, Lead, Task
from plugins.crm.services import clock, people
from plugins.crm.services.differences import changes
from plugins.crm.services.response import waiting

AHEAD = timedelta(minutes=5)
"""Clocks differ: what lies a little in the future has taken place."""


def complete_activity(row: Activity, is_new: bool) -> None:
    """What took place is about somebody, has a time, moves the lead's last activity, and asks or answers."""
    _about(row)
    row.at = row.at or utcnow()
    if row.at > utcnow() + AHEAD:
        raise FieldError("at", _("This has not taken place yet: make it a task or an appointment."))
    row.done_by_id = row.done_by_id or people.my_membership()
    if row.kind != "call":
        row.result = None
    if is_new:
        touch(row.lead_id, row.at)
    if is_new or changes(row, "direction"):
        waiting.note(row)


def _about(row: Any) -> None:
    """Contact and company follow from the lead, where it has them."""
    lead = session.get(Lead, row.lead_id) if row.lead_id else None
    if lead is not None:
        row.contact_id = row.contact_id or lead.contact_id
        row.company_id = row.company_id or lead.company_id


def about_nobody(row: Activity) -> list[Doubt]:
    """What is about nobody is found on nobody's page."""
    if row.lead_id or row.contact_id or row.company_id:
        return []
    return [Doubt(_("This is about no lead, contact or company, so it will stand on nobody's page."), "about_nobody")]


def touch(lead_id: UUID | None, at: datetime) -> None:
    """The lead's last activity is this one, unless there was a later one."""
    lead = session.get(Lead, lead_id) if lead_id else None
    if lead is not None and (lead.last_activity_at is None or lead.last_activity_at < at):
        lead.last_activity_at = at


def complete_task(row: Task, is_new: bool) -> None:
    """A task is somebody's; done, it says when, and one that repeats is followed by the next."""
    _about(row)
    row.assignee_id = row.assignee_id or people.my_membership()
    if row.repeats and row.due_at is None:
        raise FieldError("due_at", _("What repeats needs a day on which it is due."))
    if row.state == "open":
        people.check_given(row, is_new, "assignee")
        row.done_at = None
    elif row.done_at is None:
        row.done_at = utcnow()
        touch(row.lead_id, row.done_at)
        if not is_new:
            _repeat(row)


def _repeat(row: Task) -> None:
    """Make the next task, once: one that was made before stays the only one."""
    if not row.repeats or row.due_at is None:
        return
    with session.no_autoflush:
        if session.scalar(select(Task.id).where(Task.follows_id == row.id, Task.is_live())) is not None:
            return
    following = next_due(row)
    session.add(
        Task(
            title=row.title,
            due_at=following,
            priority=row.priority,
            assignee_id=row.assignee_id,
            lead_id=row.lead_id,
            contact_id=row.contact_id,
            company_id=row.company_id,
            repeats=row.repeats,
            notes=row.notes,
            state="open",
            follows_id=row.id,
        )
    )


def next_due(row: Any) -> datetime:
    """The next time after both the last one and the moment it was done, on the clock of whoever does it: what was
    missed is not caught up."""
    zone, country = _zone_of(row), people.my_country()
    day, hour = _meant(row, zone)
    following = clock.repeated(row.due_at, row.repeats, zone, country, day, hour)
    while following <= (row.done_at or utcnow()):
        following = clock.repeated(following, row.repeats, zone, country, day, hour)
    return following


def _zone_of(row: Any) -> ZoneInfo:
    return people.zone_of_member(row.assignee_id) if row.assignee_id else people.my_zone()


def _meant(row: Any, zone: ZoneInfo) -> tuple[int, time]:
    """The day of the month and the time of the clock that a task which repeats is meant for. It may stand earlier in
    a short month, or later where the clock jumped; then the task before it says what is meant."""
    local = row.due_at.astimezone(zone)
    day, hour = local.day, local.time()
    before: Any = session.get(Task, row.follows_id) if row.follows_id else None
    if before is None or before.due_at is None:
        return day, hour
    earlier = before.due_at.astimezone(zone)
    if clock.at(local.date(), earlier.time(), zone) == row.due_at:
        hour = earlier.time()
    if day == monthrange(local.year, local.month)[1] and day < 31:
        day = max(day, _meant(before, zone)[0])
    return day, hour


# Actions ------------------------------------------------------------------------------------------------------------


def finish(rows: list[Task]) -> str:
    """Mark tasks as done."""
    for row in rows:
        if row.state == "open":
            row.state = "done"
            complete_task(row, False)
    return _("Done: %(count)s.", count=len(rows))


def reopen(rows: list[Task]) -> None:
    """Take a task up again."""
    for row in rows:
        row.state = "open"
        complete_task(row, False)


def log_call(
    rows: list[Lead], *, result: str, direction: str = "out", minutes: int | None = None, notes: str | None = None,
    follow_up_at: datetime | None = None,
) -> str:  # fmt: skip
    """Write down a call with each lead, and when to follow up."""
    for lead in rows:
        _log(lead, kind="call", result=result, direction=direction or "out", minutes=minutes, notes=notes)
        lead.next_follow_up_at = follow_up_at or lead.next_follow_up_at
    return _("Logged.")


def log_meeting(rows: list[Lead], *, subject: str | None = None, minutes: int | None = None, at: datetime | None = None,
                notes: str | None = None) -> str:  # fmt: skip
    """Write down a meeting with each lead."""
    for lead in rows:
        _log(lead, kind="meeting", subject=subject, minutes=minutes, at=at, notes=notes)
    return _("Logged.")


def log_email(rows: list[Lead], *, subject: str, direction: str = "out", notes: str | None = None) -> str:
    """Write down an e-mail that was written elsewhere."""
    for lead in rows:
        _log(lead, kind="email", subject=subject, direction=direction or "out", notes=notes)
    return _("Logged.")


def _log(lead: Lead, **facts: Any) -> None:
    row = Activity(lead_id=lead.id, **facts)
    complete_activity(row, True)
    session.add(row)


def add_task(
    rows: list[Lead], *, title: str, due_at: datetime | None = None, assignee: UUID | None = None,
    priority: str = "normal",
) -> str:  # fmt: skip
    """A task about each lead."""
    for lead in rows:
        person = assignee or people.first_at_work(people.my_membership(), lead.assigned_to_id)
        row = Task(title=title, due_at=due_at, assignee_id=person, priority=priority or "normal", state="open",
                   lead_id=lead.id)  # fmt: skip
        complete_task(row, True)
        session.add(row)
    return _("Tasks made: %(count)s.", count=len(rows))
