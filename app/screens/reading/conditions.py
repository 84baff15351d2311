"""From filters to SQL that an index can serve under row-level security: only leakproof comparisons where it matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, and_, func, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.data import Money, Record
from app.host.custom_fields import PREFIX
from app.screens.kinds import reader
from app.screens.reading.branches import AT_OR_BELOW, at_or_below
from app.screens.reading.periods import span_of
from app.screens.reading.request import Filter
from app.screens.reading.surface import Surface
from app.search.index import Range, custom_token, exactly, has_token, tag_token
from app.search.making import sortable
from app.search.tokens import fold, prefix_range

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


def is_token_filter(one: Filter) -> bool:
    """Tags and custom fields are found by token."""
    return one.field.name.startswith(PREFIX) or (one.field.kind == "tags" and one.operator == "has")


def token_range(one: Filter) -> Range | None:
    """The range of tokens a filter asks for; None when it takes several ranges (see `token_condition`)."""
    if one.field.kind == "tags":
        return exactly(tag_token(one.operands[0]))
    key = one.field.name.removeprefix(PREFIX)
    all_of_key = custom_token(key, ""), f"={key};"
    if one.operator in ("empty", "within"):
        return _tokens_within(one, key) if one.operator == "within" else None if one.operands[0] else all_of_key
    values = [sortable(one.field, value) for value in one.operands]
    match one.operator:
        case "is":
            return exactly(custom_token(key, values[0]))
        case "starts":
            low, high = prefix_range(fold(one.operands[0]))
            return custom_token(key, low), custom_token(key, high)
        case "at_least":
            return custom_token(key, values[0]), all_of_key[1]
        case "after":
            return exactly(custom_token(key, values[0]))[1], all_of_key[1]
        case "at_most":
            return all_of_key[0], exactly(custom_token(key, values[0]))[1]
        case "before":
            return all_of_key[0], custom_token(key, values[0])
        case "between":
            return custom_token(key, min(values)), exactly(custom_token(key, max(values)))[1]
    return None


def _tokens_within(one: Filter, key: str) -> Range:
    first, last = span_of(one.operands[0])
    if one.field.kind == "day":
        return custom_token(key, sortable(one.field, first)), exactly(custom_token(key, sortable(one.field, last)))[1]
    start, end = (custom_token(key, sortable(one.field, moment)) for moment in on_clock(first, last))
    return start, end


def token_condition(model: type[Record], one: Filter) -> Condition:
    """Filters on custom fields that are no single range."""
    key = one.field.name.removeprefix(PREFIX)
    match one.operator:
        case "empty":
            return ~has_token(model.id, custom_token(key, ""), f"={key};")
        case "contains":
            return model.custom_fields[key].astext.icontains(one.operands[0], autoescape=True)
    ranges = [exactly(custom_token(key, sortable(one.field, value))) for value in one.operands]
    found = or_(*(has_token(model.id, low, high) for low, high in ranges))
    return ~found if one.operator in ("is_not", "none_of") else found


SENTINELS: dict[str, Any] = {"day": Date(), "moment": DateTime(timezone=True)}
"""Kinds whose empty values sort as 'infinity', which Python cannot hold."""
