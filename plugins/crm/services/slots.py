"""When somebody is free: their working time without holidays, what they have already and when they are away.

The search is plain arithmetic over spans of time; `free_slots` reads what it needs and asks it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.sdk import session
from plugins.crm.models import Absence, Appointment, WorkingTime
from plugins.crm.services import clock
from plugins.crm.services.holidays import holidays

Span = tuple[datetime, datetime]
Week = dict[int, list[tuple[time, time]]]
"""Working time by weekday, 0 is Monday."""

STEP = timedelta(minutes=15)
LOOK_AHEAD = timedelta(days=28)


def usual_week(country: str) -> Week:
    """Nine to five on the working days of a country: for whoever has said nothing else."""
    return {day: [(clock.MORNING, time(17))] for day in clock.working_days(country)}


def spans_of(week: Week, zone: ZoneInfo, since: datetime, until: datetime, off: Container[date] = ()) -> Iterator[Span]:
    """The working time between two moments, in order, without the days that are `off`. A day on which the clock jumps
    is shorter or longer."""
    day = clock.today(since, zone)
    while day <= clock.today(until, zone):
        for starts, ends in sorted(week.get(day.weekday(), [])) if day not in off else ():
            start, end = max(clock.at(day, starts, zone), since), min(clock.at(day, ends, zone), until)
            if start < end:
                yield start, end
        day += timedelta(days=1)


def gaps(working: Iterable[Span], busy: Sequence[Span]) -> Iterator[Span]:
    """What is left of working time."""
    ordered = sorted(busy)
    for start, end in working:
        free_from = start
        for busy_from, busy_until in ordered:
            if busy_until > free_from and busy_from < end:
                if busy_from > free_from:
                    yield free_from, busy_from
                free_from = max(free_from, busy_until)
        if free_from < end:
            yield free_from, end


def slots_in(free: Iterable[Span], length: timedelta, step: timedelta = STEP) -> Iterator[datetime]:
    """Beginnings at round times of spans that are long enough."""
    for start, end in free:
        at = _rounded_up(start, step)
        while at + length <= end:
            yield at
            at += step


def _rounded_up(moment: datetime, step: timedelta) -> datetime:
    seconds, width = moment.timestamp(), step.total_seconds()
    return datetime.fromtimestamp(-(-seconds // width) * width, UTC)


def free_slots(
    member_id: UUID, after: datetime, length: timedelta, zone: ZoneInfo, country: str, *, count: int = 1,
    without: UUID | None = None,
) -> list[datetime]:  # fmt: skip
    """The first `count` times of a person's from a moment on, within four weeks. `without` is an appointment that does
    not count, because it is about to be moved."""
    until = after + LOOK_AHEAD
    working = spans_of(week_of(member_id, country), zone, after, until, holidays())
    found = slots_in(gaps(working, taken(member_id, after, until, without)), length)
    return [moment for moment, _number in zip(found, range(count), strict=False)]


def week_of(member_id: UUID, country: str) -> Week:
    """The working time a person has set, or the usual one of the country."""
    found: Week = {}
    for row in session.scalars(select(WorkingTime).where(WorkingTime.member_id == member_id)):
        found.setdefault(int(row.weekday), []).append((time.fromisoformat(row.starts), time.fromisoformat(row.ends)))
    return found or usual_week(country)


def taken(member_id: UUID, since: datetime, until: datetime, without: UUID | None = None) -> list[Span]:
    """Appointments and absences that touch a span of time, in order."""
    booked = select(Appointment.scheduled_at, Appointment.ends_at).where(
        Appointment.assignee_id == member_id, Appointment.status == "scheduled", Appointment.is_live(),
        Appointment.scheduled_at < until, Appointment.ends_at > since, Appointment.id != without,
    )  # fmt: skip
    away = select(Absence.starts_at, Absence.ends_at).where(
        Absence.member_id == member_id, Absence.starts_at < until, Absence.ends_at > since
    )
    return sorted((row[0], row[1]) for statement in (booked, away) for row in session.execute(statement))


def is_working(week: Week, zone: ZoneInfo, span: Span, off: Container[date] = ()) -> bool:
    """Does all of a span lie in working time, on no day that is `off`?"""
    return any(start <= span[0] and span[1] <= end for start, end in spans_of(week, zone, *span, off))
