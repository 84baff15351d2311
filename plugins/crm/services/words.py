"""Moments in sentences, on the clock and in the language of whoever reads them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_time, format_timedelta, get_datetime_format
from flask_babel import get_locale

from plugins.crm.services import people


def moment_words(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """`Thu, Nov 26, 2:30 PM` in the language in force; with a zone on its clock, else on that of the person at hand."""
    zone = zone or people.my_zone()
    together = str(get_datetime_format("medium", locale=get_locale() or "en")).replace("'", "")
    return together.replace("{1}", day_words(moment.astimezone(zone))).replace("{0}", clock_words(moment, zone))


def day_words(day: date) -> str:
    """`Thu, Nov 26`, in the order of the language in force."""
    return str(format_skeleton("MMMEd", day, locale=get_locale() or "en"))


def clock_words(moment: datetime, zone: ZoneInfo) -> str:
    """`2:30 PM` there, as times are told in the language in force."""
    local = moment.astimezone(zone)
    return _clock(local.hour * 60 + local.minute, str(get_locale() or "en"))


@lru_cache(maxsize=5_000)
def _clock(minute: int, locale: str) -> str:
    return str(format_time(time(*divmod(minute, 60)), "short", locale=locale))


def span_words(start: datetime, end: datetime) -> str:
    """`3 days`: how long it is from one moment to the other, roughly."""
    return _span(max(1, int((end - start).total_seconds()) // 60), str(get_locale() or "en"))


@lru_cache(maxsize=20_000)
def _span(minutes: int, locale: str) -> str:
    return str(format_timedelta(timedelta(minutes=minutes), locale=locale))


class Later:
    """The words of a moment on somebody's clock, written when the sentence around them is: in its reader's language."""

    def __init__(self, moment: datetime, zone: ZoneInfo) -> None:
        self.moment, self.zone = moment, zone

    def __str__(self) -> str:
        return moment_words(self.moment, self.zone)
