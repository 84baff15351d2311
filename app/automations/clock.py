"""What the clock sets off: a time before or after a date of a record, and every day or week.

A tenant with such automations has one job that looks, and wakes itself again; the others have none. It looks back over
an hour that it has seen already, so that what was saved meanwhile is not missed: a run is there once for each record
and moment anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app.automations.acting import member_of
from app.automations.conditions import where
from app.automations.models import MOMENT, ON, SCHEDULE, WEEKDAYS, Automation
from app.automations.starting import start
from app.automations.steps.flowing import span_of
from app.data import db, utcnow
from app.host import JobRun
from app.host.extending import entry_here, tenant_here
from app.identity.principal import Principal, acting_as
from app.jobs import enqueue
from app.screens.reading import Surface

LOOK = "automations.look"
OVERLAP = timedelta(hours=1)
PAUSE = 60.0
"""Seconds between two looks."""
LONGEST_PAUSE = 3_600.0
MOST = 10_000
"""Records that one look sets off: those of lists at once."""
_DAYS = [one.value for one in WEEKDAYS]
_START = time(9)


def wind(row: Any) -> None:
    """Before an automation is saved: from when on the clock sets it off. What is past is not made up for."""
    if row.state != ON or row.trigger not in (MOMENT, SCHEDULE):
        row.looked_until = row.next_at = None
        return
    now = utcnow()
    row.looked_until = row.looked_until or now + OVERLAP
    row.next_at = next_time(row, now) if row.trigger == SCHEDULE else None
    wake(PAUSE)


def wake(delay: float) -> None:
    """Let the tenant's one job look."""
    enqueue(LOOK, delay=delay, unique_key="clock")


def look(run: JobRun) -> int:
    """Set off what is due, and wake again while there is something to look for. Returns how many runs began."""
    timed = Automation.trigger.in_((MOMENT, SCHEDULE))
    statement = select(Automation).where(Automation.state == ON, timed).order_by(Automation.id)
    rows = db.session.scalars(statement.with_for_update()).all()
    now, began = utcnow(), 0
    for row in rows:
        person, entry = member_of(row), entry_here(row.resource)
        if person is None or entry is None:
            continue  # its page says why it cannot run
        with acting_as(person):
            began += _look(row, Surface(entry, db.session(), person), person, now)
    if rows:
        wake(_pause(rows, now))
    return began


def _pause(rows: Sequence[Automation], now: datetime) -> float:
    if any(row.trigger == MOMENT for row in rows):
        return PAUSE
    nearest = min((next_time(row, now) - now).total_seconds() for row in rows)
    return min(LONGEST_PAUSE, max(1.0, nearest))


def _look(row: Automation, surface: Surface, person: Principal, now: datetime) -> int:
    try:
        if row.trigger == MOMENT:
            return _moments(row, surface, now)
        return _due(row, surface, now)
    except ValueError:
        return 0  # conditions that cannot be asked any more, or a field that is gone: its page says so


def _due(row: Automation, surface: Surface, now: datetime) -> int:
    if row.next_at is None or row.next_at > now:
        if row.next_at is None:
            _note(row, next_at=next_time(row, now))
        return 0
    model = surface.model
    ids = db.session.scalars(select(model.id).where(*where(surface, row.conditions)).order_by(model.id).limit(MOST))
    began = start(row, list(ids), f"{row.next_at.astimezone(UTC):%Y%m%dT%H%M}")
    _note(row, next_at=next_time(row, now))
    return began


def next_time(row: Automation, after: datetime) -> datetime:
    """The next moment of its time of day, and day of the week, on the tenant's clock."""
    zone = _zone()
    day = after.astimezone(zone).date()
    for ahead in range(9):
        found = datetime.combine(day + timedelta(days=ahead), _time(row), zone)
        fits = row.weekday is None or found.weekday() == _DAYS.index(row.weekday)
        if fits and found > after:
            return found.astimezone(UTC)
    raise AssertionError("a week has seven days")


def _moments(row: Automation, surface: Surface, now: datetime) -> int:
    since = (row.looked_until or now + OVERLAP) - OVERLAP
    if since >= now:
        return 0
    found: dict[datetime, list[UUID]] = defaultdict(list)
    for record_id, value in _candidates(row, surface, since, now):
        due = _moment_of(row, value)
        if since < due <= now:
            found[due].append(record_id)
    began = sum(start(row, ids, f"{due.astimezone(UTC):%Y%m%dT%H%M%S%f}") for due, ids in sorted(found.items()))
    _note(row, looked_until=max(row.looked_until or now, now))
    return began


def _candidates(row: Automation, surface: Surface, since: datetime, now: datetime) -> Sequence[Any]:
    """Records whose date or moment may have come; days with a margin for the clock of the tenant."""
    field = surface.fields.get(row.moment_field or "")
    if field is None:
        raise ValueError("the field is gone")
    column: Any = getattr(surface.model, field.column)
    low, high = since - offset(row), now - offset(row)
    if field.kind == "day":
        margin = timedelta(days=2)
        between = column.between((low - margin).date(), (high + margin).date())
    else:
        between = column.between(low, high)
    model = surface.model
    statement = select(model.id, column).where(between, *where(surface, row.conditions)).order_by(column).limit(MOST)
    return db.session.execute(statement).all()


def offset(row: Automation) -> timedelta:
    """How long after the date of the record it is due; negative for before."""
    span = span_of(row.amount, row.unit)
    return -span if row.direction == "before" else span


def _moment_of(row: Automation, value: date | datetime) -> datetime:
    if isinstance(value, datetime):
        return value + offset(row)
    span = offset(row)
    days = timedelta(days=span.days) if row.unit == "days" else timedelta()
    return (datetime.combine(value + days, _time(row), _zone()) + (span - days)).astimezone(UTC)


def _time(row: Automation) -> time:
    try:
        return time.fromisoformat(row.at_time or "")
    except ValueError:
        return _START


def _zone() -> ZoneInfo:
    tenant = tenant_here()
    try:
        return ZoneInfo(tenant.timezone if tenant is not None else "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _note(row: Automation, **values: Any) -> None:
    """How far the clock has come: no change of the automation that anybody is told of."""
    stays = {"updated_at": Automation.updated_at, "updated_by": Automation.updated_by}
    db.session.execute(
        update(Automation).where(Automation.id == row.id).values(**values, **stays),
        execution_options={"synchronize_session": False},
    )
