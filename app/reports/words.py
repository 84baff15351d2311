"""Groups and figures in the reader's words: dates, numbers and money as their language writes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _

from app.identity.locale import current_locale
from app.reports.dimensions import Dimension
from app.reports.result import Amount, Percent, Value
from app.screens.formats import percent
from app.screens.views.operators import yes_no

_SKELETONS = {"month": "yMMM", "quarter": "yQQQ", "year": "y"}


def group_label(dimension: Dimension, key: Any, name: str | None) -> str:
    """What a group is called; `name` is what the database calls it."""
    if key is None:
        return str(_("Not set"))
    if dimension.apart is not None and dimension.is_apart(key):
        return next(one.words for one in dimension.apart.choices if one.value == key)
    if dimension.is_time:
        return time_label(dimension, key)
    if isinstance(key, bool):
        return yes_no(key)
    if dimension.field.kind == "choice":
        return next((one.words for one in dimension.field.choices if one.value == key), str(key))
    if dimension.field.picks:
        return str(name or _("Unknown"))
    return name or str(key)


def time_label(dimension: Dimension, first: date) -> str:
    """`12 Jan 2026`, `Jan 2026`, `Q1 2026`, `2026`; a week by its first day."""
    return _time_label(dimension.grain, first, str(current_locale() or "en"))


def short_time_label(dimension: Dimension, first: date) -> str:
    """The same without the year, where it is no January."""
    if dimension.grain in ("day", "week"):
        return str(format_skeleton("MMMd", first, locale=_locale()))
    if dimension.grain == "month" and first.month > 1:
        return str(format_skeleton("MMM", first, locale=_locale()))
    return time_label(dimension, first)


@lru_cache(maxsize=10_000)
def _time_label(grain: str, first: date, locale: str) -> str:
    if grain in _SKELETONS:
        return str(format_skeleton(_SKELETONS[grain], first, locale=locale))
    return str(format_date(first, "medium"))


def value_words(value: Value) -> str:
    """A figure in full; several currencies one after the other; a dash for nothing."""
    if value is None or value == ():
        return "–"
    if isinstance(value, tuple):
        return " · ".join(_of_currency(one, is_alone=len(value) == 1) for one in value)
    if isinstance(value, datetime):
        return str(format_datetime(value, "medium"))
    return str(format_date(value, "medium")) if isinstance(value, date) else _number(Decimal(value), _locale())


def _of_currency(one: Amount | Percent, *, is_alone: bool) -> str:
    if isinstance(one, Amount):
        return money_words(one)
    rate = percent_words(one.value)
    return rate if is_alone else f"{rate} ({one.currency})"


def percent_words(value: Decimal) -> str:
    """`12.5%`."""
    return percent(value, _locale())


def money_words(one: Amount) -> str:
    return _money(one.value, one.currency, _locale())


def _locale() -> str:
    return str(current_locale() or "en")


@lru_cache(maxsize=20_000)
def _number(value: Decimal, locale: str) -> str:
    """At most two decimals: what a report shows is read, not calculated with."""
    return str(format_decimal(value, "#,##0.##", locale=locale, group_separator=True))


@lru_cache(maxsize=20_000)
def _money(value: Decimal, currency: str, locale: str) -> str:
    return str(format_currency(value, currency, locale=locale))
