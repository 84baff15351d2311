"""A week of appointments, follow-ups and tasks, day by day on the reader's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from babel import Locale, UnknownLocaleError
from sqlalchemy import ColumnElement, Select, select

from app.sdk import Member, reach, read_columns, session
from plugins.crm.models import Appointment, Lead, Task
from plugins.crm.services import clock, people
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.words import clock_words

MOST = 200
"""Entries of one kind in one week: the lists hold the rest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a day."""

    kind: str
    id: UUID
    title: str
    at: datetime
    time: str
    who: str


def first_day(day: date, country: str) -> date:
    """Where the week of this day begins in a country: Sunday in Riyadh, Monday in Berlin."""
    try:
        first = int(Locale.parse(f"und_{country}").first_week_day)
    except (UnknownLocaleError, ValueError):
        first = 0
    return day - timedelta(days=(day.weekday() - first) % 7)


def entries(first: date, member: UUID | None) -> dict[date, list[Entry]]:
    """What there is on the seven days from `first` on, for one member, or for all that the person at hand reaches.
    Days in order, entries by time."""
    zone = people.my_zone()
    days: dict[date, list[Entry]] = {first + timedelta(days=step): [] for step in range(7)}
    since, until = clock.at(first, clock.MIDNIGHT, zone), clock.at(first + timedelta(days=7), clock.MIDNIGHT, zone)
    for model, kind, statement in _sources(since, until, member):
        surface = reach(model)
        if not surface.may("read"):
            continue
        rows = read_columns(session(), statement.where(*surface.conditions()).limit(MOST))
        for record_id, title, at, who in rows:
            entry = Entry(kind, record_id, title, at, clock_words(at, zone), "" if member else who or "")
            days[at.astimezone(zone).date()].append(entry)
    return {day: sorted(found, key=lambda entry: entry.at) for day, found in days.items()}


def _sources(since: datetime, until: datetime, member: UUID | None) -> Iterator[tuple[Any, str, Select[Any]]]:
    yield Appointment, "appointment", _between(
        Appointment, Appointment.scheduled_at, Appointment.assignee_id, since, until, member,
        Appointment.status.in_(("scheduled", "done")),
    )  # fmt: skip
    yield (
        Lead,
        "follow_up",
        _between(Lead, Lead.next_follow_up_at, Lead.assigned_to_id, since, until, member, *is_open()),
    )
    yield Task, "task", _between(Task, Task.due_at, Task.assignee_id, since, until, member, Task.state == "open")


def _between(
    model: Any, moment: Any, owner: Any, since: datetime, until: datetime, member: UUID | None,
    *more: ColumnElement[bool],
) -> Select[Any]:  # fmt: skip
    found = select(model.id, model.title, moment, Member.name).outerjoin(Member, Member.id == owner)
    mine = (owner == member,) if member is not None else ()
    return found.where(moment >= since, moment < until, *mine, *more).order_by(moment, model.id)
