"""Today: the next actions of one person, in the order in which they should be done, each with the reason why.

Follow-ups and tasks that are due, appointments of the day, leads nobody owns yet, leads that went stale. Each kind is
one statement that an index serves and that stops after a few rows, so the page costs the same with ten leads or a
million.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, lateral, select, true

from app.sdk import Contact, _, reach, read_columns, session
from plugins.crm.models import Appointment, Lead, Stage, Task
from plugins.crm.services import clock, people
from plugins.crm.services.open_leads import is_open, is_stale
from plugins.crm.services.words import clock_words, span_words

EACH = 25
"""Items of one kind at most: more is not a day's work."""
SOON = timedelta(minutes=30)
NOW, OVERDUE, LATER, NEW, STALE = range(5)
"""The order of the queue: what runs or is about to, what is late, what comes later today, what is nobody's, what was
forgotten."""
Conditions = Sequence[ColumnElement[bool]]
URGENT = {"urgent": 0, "high": 1, "normal": 2, "low": 3}


@dataclass(frozen=True, slots=True)
class Item:
    """One next action. `kind` and `id` name the record, `why` says why it is here."""

    kind: str
    id: UUID
    title: str
    rank: tuple[int, int, datetime]
    why: str
    about: str = ""
    at: datetime | None = None

    @property
    def group(self) -> int:
        return self.rank[0]


@dataclass(frozen=True, slots=True)
class Queue:
    """The whole page: the items in order, and the kinds of which there are more than are shown."""

    items: tuple[Item, ...]
    more: tuple[str, ...]


def queue(now: datetime) -> Queue:
    """The queue of the person at hand; empty for somebody who is no member here."""
    me = people.my_membership()
    if me is None:
        return Queue((), ())
    zone = people.my_zone()
    day = _Day(me, now, *clock.day_bounds(clock.today(now, zone), zone), zone)
    items: list[Item] = []
    more = []
    for kind, model, ask, read in _SOURCES:
        surface = reach(model)
        if not surface.may("read"):
            continue
        rows = read_columns(session(), ask(day, surface.conditions()).limit(EACH + 1))
        items += [read(row, day) for row in rows[:EACH]]
        if len(rows) > EACH:
            more.append(kind)
    return Queue(tuple(sorted(items, key=lambda item: item.rank)), tuple(more))


@dataclass(frozen=True, slots=True)
class _Day:
    """Whose day it is, when it is now, and when the day began and ends there."""

    me: UUID
    now: datetime
    start: datetime
    end: datetime
    zone: ZoneInfo


def _beside(words: str | None, title: str) -> str:
    """What stands beside a title, unless it says so itself."""
    return words if words and words not in title else ""


def _follow_ups(day: _Day, within: Conditions) -> Select[Any]:
    due = select(Lead.id, Lead.title, Lead.next_follow_up_at, Lead.priority, Contact.full_name)
    return (
        due.outerjoin(Contact, Contact.id == Lead.contact_id)
        .where(Lead.assigned_to_id == day.me, Lead.next_follow_up_at < day.end, *is_open(), *within)
        .order_by(Lead.next_follow_up_at, Lead.id)
    )


def _read_follow_up(row: Sequence[Any], day: _Day) -> Item:
    record_id, title, at, priority, contact = row
    if at <= day.now:
        why, group = _("The follow-up is overdue by %(time)s.", time=span_words(at, day.now)), OVERDUE
    else:
        why, group = _("To be followed up today at %(time)s.", time=clock_words(at, day.zone)), LATER
    return Item("follow_up", record_id, title, (group, URGENT[priority], at), why, _beside(contact, title), at)


def _tasks(day: _Day, within: Conditions) -> Select[Any]:
    due = select(Task.id, Task.title, Task.due_at, Task.priority, Lead.title)
    return (
        due.outerjoin(Lead, Lead.id == Task.lead_id)
        .where(Task.assignee_id == day.me, Task.state == "open", Task.due_at < day.end, *within)
        .order_by(Task.due_at, Task.id)
    )


def _read_task(row: Sequence[Any], day: _Day) -> Item:
    record_id, title, at, priority, lead = row
    if at <= day.now:
        why, group = _("The task is overdue by %(time)s.", time=span_words(at, day.now)), OVERDUE
    else:
        why, group = _("The task is due today at %(time)s.", time=clock_words(at, day.zone)), LATER
    return Item("task", record_id, title, (group, URGENT[priority], at), why, _beside(lead, title), at)


def _appointments(day: _Day, within: Conditions) -> Select[Any]:
    found = select(Appointment.id, Appointment.title, Appointment.scheduled_at, Appointment.ends_at, Lead.title)
    return (
        found.join(Lead, Lead.id == Appointment.lead_id)
        .where(
            Appointment.assignee_id == day.me,
            Appointment.status == "scheduled",
            Appointment.scheduled_at < day.end,
            *within,
        )
        .order_by(Appointment.scheduled_at, Appointment.id)
    )


def _read_appointment(row: Sequence[Any], day: _Day) -> Item:
    record_id, title, at, end, lead = row
    if end <= day.now:
        why, group = _("The appointment is over: what came of it?"), OVERDUE
    elif at <= day.now:
        why, group = _("The appointment is on now, until %(time)s.", time=clock_words(end, day.zone)), NOW
    elif at <= day.now + SOON:
        why, group = _("The appointment begins in %(time)s.", time=span_words(day.now, at)), NOW
    else:
        why, group = _("Appointment today at %(time)s.", time=clock_words(at, day.zone)), LATER
    return Item("appointment", record_id, title, (group, URGENT["high"], at), why, _beside(lead, title), at)


def _unassigned(day: _Day, within: Conditions) -> Select[Any]:
    found = select(Lead.id, Lead.title, Lead.created_at, Lead.priority, Contact.full_name)
    return (
        found.outerjoin(Contact, Contact.id == Lead.contact_id)
        .where(Lead.assigned_to_id.is_(None), *is_open(), *within).order_by(Lead.id)
    )  # fmt: skip


def _read_unassigned(row: Sequence[Any], day: _Day) -> Item:
    record_id, title, at, priority, contact = row
    why = _("Nobody looks after this lead; it waits for %(time)s.", time=span_words(at, day.now))
    return Item("unassigned", record_id, title, (NEW, URGENT[priority], at), why, _beside(contact, title), at)


def _stale(day: _Day, within: Conditions) -> Select[Any]:
    """From each stage the first few: an index range of one person, stage and time."""
    left = lateral(
        select(Lead.id, Lead.title, Lead.last_activity_at, Lead.priority)
        .where(Lead.assigned_to_id == day.me, *is_open(), *is_stale(day.now), *within)
        .order_by(Lead.last_activity_at_sort).limit(EACH + 1).correlate(Stage)
    )  # fmt: skip
    found = select(left.c.id, left.c.title, left.c.last_activity_at, left.c.priority, Stage.name)
    staged = found.select_from(Stage).join(left, true()).where(Stage.kind == "open")
    return staged.order_by(left.c.last_activity_at, left.c.id)


def _read_stale(row: Sequence[Any], day: _Day) -> Item:
    record_id, title, at, priority, stage = row
    why = _("Nothing happened for %(time)s; it stands in “%(stage)s”.", time=span_words(at, day.now), stage=stage)
    return Item("stale", record_id, title, (STALE, URGENT[priority], at), why, "", at)


_SOURCES: tuple[
    tuple[str, Any, Callable[[_Day, Conditions], Select[Any]], Callable[[Sequence[Any], _Day], Item]], ...
] = (
    ("follow_up", Lead, _follow_ups, _read_follow_up),
    ("task", Task, _tasks, _read_task),
    ("appointment", Appointment, _appointments, _read_appointment),
    ("unassigned", Lead, _unassigned, _read_unassigned),
    ("stale", Lead, _stale, _read_stale),
)
