"""From filters to SQL that an index can serve under row-level security: only leakproof comparisons where it matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, and_, func, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.data import Money, Record
from app.screens.kinds import reader
from app.screens.reading.branches import AT_OR_BELOW, at_or_below
from app.screens.reading.periods import span_of
from app.screens.reading.request import Filter
from app.screens.reading.surface import Surface
from app.search.tokens import prefix_range

Condition = ColumnElement[bool]


def column_condition(surface: Surface, model: type[Record], one: Filter) -> Condition:
    """The condition of a filter on a real column; `model` holds it, or whatever has columns in the place of one."""
    column: InstrumentedAttribute[Any] = getattr(model, one.field.column)
    if one.operator == AT_OR_BELOW:
        return at_or_below(surface, one.field, column, one.operands[0])
    if one.operator == "empty":
        return _empty(one, column)
    if one.operator == "within":
        return _within(one, column)
    if one.field.kind == "money":
        return _money(model, one)
    if one.field.kind == "moment":
        return _moment(column, one)
    if one.field.kind in ("text", "email", "url", "phone"):
        return _text(model, column, one)
    return _COMPARE[one.operator](column, one.operands)


def _empty(one: Filter, column: InstrumentedAttribute[Any]) -> Condition:
    if one.field.kind == "tags":
        condition: Condition = func.cardinality(column) == 0
    elif one.field.kind in ("text", "long_text"):
        condition = or_(column.is_(None), column == "")
    else:
        condition = column.is_(None)
    return condition if one.operands[0] else ~condition


def _within(one: Filter, column: InstrumentedAttribute[Any]) -> Condition:
    first, last = span_of(one.operands[0])
    if one.field.kind == "day":
        return column.between(first, last)
    start, end = on_clock(first, last)
    return and_(column >= start, column < end)


def on_clock(first: date, last: date) -> tuple[datetime, datetime]:
    """The moments in which these days begin and end where the reader is."""
    zone = reader().zone
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


_COMPARE: dict[str, Callable[[Any, tuple[Any, ...]], Condition]] = {
    "is": lambda column, values: column == values[0],
    "is_not": lambda column, values: column.is_distinct_from(values[0]),
    "one_of": lambda column, values: column.in_(values),
    "none_of": lambda column, values: or_(column.is_(None), column.not_in(values)),
    "at_least": lambda column, values: column >= values[0],
    "at_most": lambda column, values: column <= values[0],
    "before": lambda column, values: column < values[0],
    "after": lambda column, values: column > values[0],
    "between": lambda column, values: column.between(min(values), max(values)),
    "contains": lambda column, values: column.icontains(values[0], autoescape=True),
    "starts": lambda column, values: column.istartswith(values[0], autoescape=True),
}


def _text(model: type[Record], column: InstrumentedAttribute[Any], one: Filter) -> Condition:
    if not one.field.sortable or one.operator == "contains":
        return _COMPARE[one.operator](column, one.operands)
    key: InstrumentedAttribute[Any] = getattr(model, one.field.sort_column)
    if one.operator == "starts":
        low, high = prefix_range(str(one.operands[0]).lower())
        return and_(key >= low, key < high)
    return _COMPARE[one.operator](key, tuple(func.lower(value) for value in one.operands))


def _money(model: type[Record], one: Filter) -> Condition:
    minor: Any = getattr(model, f"{one.field.name}_minor")
    currency: Any = getattr(model, f"{one.field.name}_currency")
    if one.operator == "currency":
        return currency == one.operands[0]  # type: ignore[no-any-return]
    amounts: tuple[Money, ...] = one.operands
    same = [currency == amounts[0].currency]
    if one.operator == "between" and amounts[1].currency != amounts[0].currency:
        same.append(currency == amounts[1].currency)  # two currencies: nothing lies between them
    return and_(*same, _COMPARE[one.operator](minor, tuple(amount.minor for amount in amounts)))


def _moment(column: InstrumentedAttribute[Any], one: Filter) -> Condition:
    """A bare date means that whole day on the reader's clock."""
    spans = [moment_span(text, value) for text, value in zip(one.texts, one.operands, strict=True)]
    start, end = min(spans)[0], max(spans, key=lambda span: span[1])[1]
    match one.operator:
        case "before":
            return column < start
        case "after":
            return column >= end
        case _:
            return and_(column >= start, column < end)


def moment_span(text: str, value: datetime) -> tuple[datetime, datetime]:
    """From when to when a text means a moment: a whole day, a minute, a second."""
    try:
        day = date.fromisoformat(text) if len(text) <= 10 else None
    except ValueError:
        day = None
    if day is None:
        seconds = 0.000001 if "." in text else 1 if text.count(":") > 1 else 60
        return value, value + timedelta(seconds=seconds)
    return on_clock(day, day)


SENTINELS: dict[str, Any] = {"day": Date(), "moment": DateTime(timezone=True)}
"""Kinds whose empty values sort as 'infinity', which Python cannot hold."""
