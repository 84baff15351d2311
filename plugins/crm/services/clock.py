"""Arithmetic with days and clocks: what “tomorrow at nine” is where somebody lives.

Moments are stored in UTC; people think in days of their own clock, which jumps twice a year. So a day is counted on the
wall clock and turned into a moment last.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

TWO_HOURS = timedelta(hours=2)
MIDNIGHT = time()
MORNING = time(9)
"""When a day's work begins for whoever has said nothing else."""


def zone_of(name: str | None, default: str = "UTC") -> ZoneInfo:
    """The time zone of this name, or the default for a name nobody knows."""
    for wish in (name, default):
        try:
            return ZoneInfo(wish or "")
        except (KeyError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def is_zone(name: str) -> bool:
    """Is there a time zone of this name?"""
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment at which the clock shows this on that day. A time that a jump leaves out is the one an hour later,
    a time that comes twice is the first."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def today(now: datetime, zone: ZoneInfo) -> date:
    """The calendar day of a moment there."""
    return now.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the day and of the next one: 23, 24 or 25 hours apart."""
    return at(day, time(), zone), at(day + timedelta(days=1), time(), zone)


def days_later(now: datetime, days: int, zone: ZoneInfo, clock: time = MORNING) -> datetime:
    """In so many days, when work begins there."""
    return at(today(now, zone) + timedelta(days=days), clock, zone)


def next_week(now: datetime, zone: ZoneInfo, country: str, clock: time = MORNING) -> datetime:
    """The first working day of next week there: Monday in Berlin, Sunday in Riyadh."""
    first = first_working_day(country)
    ahead = (first - today(now, zone).weekday()) % 7 or 7
    return days_later(now, ahead, zone, clock)


@lru_cache(maxsize=300)
def working_days(country: str) -> frozenset[int]:
    """Weekdays (0 is Monday) on which people of a country work."""
    try:
        locale = Locale.parse(f"und_{country}")
    except (UnknownLocaleError, ValueError):
        return frozenset(range(5))
    start, end = locale.weekend_start, locale.weekend_end
    weekend = {start, end} if (end - start) % 7 < 2 else {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return frozenset(range(7)) - weekend


def first_working_day(country: str) -> int:
    """The working day after the weekend."""
    working = working_days(country)
    return next((day for day in sorted(working) if (day - 1) % 7 not in working), 0)


def repeated(
    due: datetime, every: str, zone: ZoneInfo, country: str, anchor: int | None = None, clock: time | None = None
) -> datetime:
    """The next time of something that repeats, at the same time of the clock there. Of months that are too short it
    takes the last day, and on a day whose clock jumps over the time a later one; `anchor` is the day of the month that
    was meant, `clock` the time."""
    local = due.astimezone(zone)
    day = local.date()
    if every == "monthly":
        year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
        day = date(year, month, min(anchor or day.day, monthrange(year, month)[1]))
    elif every == "working_days":
        day += timedelta(days=1)
        while day.weekday() not in working_days(country):
            day += timedelta(days=1)
    else:
        day += timedelta(days=7 if every == "weekly" else 1)
    return at(day, clock or local.time(), zone)
