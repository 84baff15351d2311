"""Periods that move with the calendar: “this month”, “the last 30 days”; and the days, weeks and months they are of.

A week begins where the reader's country begins it. All bounds are days on the reader's clock, both included.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from flask_babel import lazy_gettext as _l

from app.screens.kinds import reader

Span = tuple[date, date]
"""First and last day."""
UNITS = ("day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}

PERIODS: Mapping[str, Any] = {
    "today": _l("today"),
    "yesterday": _l("yesterday"),
    "this_week": _l("this week"),
    "last_week": _l("last week"),
    "next_week": _l("next week"),
    "this_month": _l("this month"),
    "last_month": _l("last month"),
    "next_month": _l("next month"),
    "this_quarter": _l("this quarter"),
    "last_quarter": _l("last quarter"),
    "next_quarter": _l("next quarter"),
    "this_year": _l("this year"),
    "last_year": _l("last year"),
    "last_7_days": _l("the last 7 days"),
    "last_30_days": _l("the last 30 days"),
    "last_90_days": _l("the last 90 days"),
    "last_365_days": _l("the last 365 days"),
}
_ROLLING = {"last_7_days": 7, "last_30_days": 30, "last_90_days": 90, "last_365_days": 365}
_STEPS = {"this": 0, "last": -1, "next": 1}


def span_of(period: str) -> Span:
    """The days of a period, as of today on the reader's clock."""
    if period in _ROLLING:
        return today() - timedelta(days=_ROLLING[period] - 1), today()
    return _calendar_span(*_unit_of(period))


def span_before(period: str) -> Span:
    """The days of the period just before: of last month for this month, of the 30 days before the last 30."""
    if period in _ROLLING:
        end = span_of(period)[0] - timedelta(days=1)
        return end - timedelta(days=_ROLLING[period] - 1), end
    unit, step = _unit_of(period)
    return _calendar_span(unit, step - 1)


def _unit_of(period: str) -> tuple[str, int]:
    if period in ("today", "yesterday"):
        return "day", -int(period == "yesterday")
    step, _bar, unit = period.partition("_")
    return unit, _STEPS[step]


def _calendar_span(unit: str, step: int) -> Span:
    first = later(unit, start_of(unit, today()), step)
    return first, later(unit, first, 1) - timedelta(days=1)


def start_of(unit: str, day: date) -> date:
    """The first day of the week, month, quarter or year that the day lies in."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=(day.weekday() - first_weekday()) % 7)
    months = _MONTHS[unit]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def later(unit: str, first: date, count: int) -> date:
    """The first day of the unit that lies `count` units after the one that begins on `first`."""
    if unit in ("day", "week"):
        return first + timedelta(days=count * (7 if unit == "week" else 1))
    month = first.year * 12 + first.month - 1 + count * _MONTHS[unit]
    return date(month // 12, month % 12 + 1, 1)


def today() -> date:
    """The day it is where the reader is."""
    return datetime.now(reader().zone).date()


def first_weekday() -> int:
    """Where the week begins in the tenant's country, Monday being 0: Sunday in Riyadh, Monday in Berlin."""
    return _first_weekday_in(reader().country)


@lru_cache(maxsize=300)
def _first_weekday_in(country: str) -> int:
    try:
        return int(Locale.parse(f"und_{country}").first_week_day)
    except (UnknownLocaleError, ValueError):
        return 0
