"""Filters that are answered by tokens: tags, and whatever tenants and plugins add to records. A value's token sorts as
the value does, so most conditions are one range of an index that row-level security cannot slow down."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_

from app.data import Money, Record
from app.host.custom_fields import PREFIX
from app.screens.reading.conditions import on_clock
from app.screens.reading.periods import span_of
from app.screens.reading.request import Filter
from app.search.index import Range, custom_token, exactly, has_token, tag_token
from app.search.making import sortable
from app.search.tokens import fold, prefix_range


def is_token_filter(one: Filter) -> bool:
    """Tags and custom fields are found by token."""
    return one.field.name.startswith(PREFIX) or (one.field.kind == "tags" and one.operator == "has")


def token_range(one: Filter) -> Range | None:
    """The range of tokens a filter asks for; None when it takes several ranges (see `token_condition`)."""
    if not one.field.name.startswith(PREFIX):
        return exactly(tag_token(one.operands[0]))
    key = one.field.name.removeprefix(PREFIX)
    match one.operator:
        case "empty":
            return None if one.operands[0] else (custom_token(key, ""), f"={key};")
        case "within":
            return _within(one, key)
        case "starts":
            low, high = prefix_range(fold(one.operands[0]))
            return custom_token(key, low), custom_token(key, high)
        case "currency":
            return prefix_range(custom_token(key, one.operands[0]))
    return _compared(one, key)


def _within(one: Filter, key: str) -> Range:
    first, last = span_of(one.operands[0])
    if one.field.kind == "day":
        return custom_token(key, sortable(one.field, first)), exactly(custom_token(key, sortable(one.field, last)))[1]
    start, end = (custom_token(key, sortable(one.field, moment)) for moment in on_clock(first, last))
    return start, end


def _compared(one: Filter, key: str) -> Range | None:
    if not one.operands:
        return None
    first, end = _comparable(one, key)
    ranges = sorted(exactly(custom_token(key, sortable(one.field, value))) for value in one.operands)
    match one.operator:
        case "is" | "has":
            return ranges[0]
        case "at_least":
            return ranges[0][0], end
        case "after":
            return ranges[0][1], end
        case "at_most":
            return first, ranges[0][1]
        case "before":
            return first, ranges[0][0]
        case "between":
            return (ranges[0][0], ranges[-1][1]) if _is_comparable(one) else (first, first)
    return None


def _comparable(one: Filter, key: str) -> Range:
    """The tokens of all values that are more or less than the operands: of amounts those of the same currency."""
    amount: Any = one.operands[0]
    return prefix_range(custom_token(key, amount.currency if isinstance(amount, Money) else ""))


def _is_comparable(one: Filter) -> bool:
    """Nothing lies between two currencies."""
    return len({amount.currency for amount in one.operands if isinstance(amount, Money)}) < 2


def token_condition(model: type[Record], one: Filter) -> ColumnElement[bool]:
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
