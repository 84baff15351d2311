"""The conditions of a list in words: chips that say what is filtered and lead to the list without it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_datetime

from app.data import Field
from app.identity.locale import listed
from app.screens.page import ActiveFilter
from app.screens.reading import Filter, ListRequest
from app.screens.reading.periods import PERIODS
from app.screens.reading.request import EACH, ME
from app.screens.views.operators import operator_words, yes_no
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Pairs, Screen, with_query


def active_filters(screen: Screen, asked: ListRequest, pairs: Pairs, address: str) -> tuple[ActiveFilter, ...]:
    """One chip per condition. `pairs` are the list's arguments, `address` the page they belong to."""
    if not asked.filters:
        return ()
    labels = _relation_labels(screen, asked.filters)
    return tuple(_chip(one, labels, pairs, address) for one in asked.filters)


def _chip(one: Filter, labels: Mapping[str, str], pairs: Pairs, address: str) -> ActiveFilter:
    name = f"{one.field.name}.{one.operator}"
    is_one_of_many = name.endswith(EACH)  # each tag that is asked for has a chip of its own
    rest = [
        (key, text)
        for key, text in pairs
        if key != "cursor" and not (key == name and (not is_one_of_many or text.strip() in one.texts))
    ]
    operator = _said(one)
    words = (
        ""
        if operator in ("empty", "filled", ME)
        else listed(value_words(one.field, operator, text, value, labels) for text, value in _operands(one))
    )
    return ActiveFilter(one.field.words, operator_words(operator), words, with_query(address, rest))


def _said(one: Filter) -> str:
    """The operator as it is said, which for some is a value in the address."""
    if one.operator == "empty":
        return "empty" if one.operands[0] else "filled"
    return ME if one.operator == "is" and one.field.picks and one.texts == (ME,) else one.operator


def _operands(one: Filter) -> list[tuple[str, Any]]:
    return list(zip(one.texts, one.operands, strict=True))


def value_words(field: Field, operator: str, text: str, value: Any, labels: Mapping[str, str]) -> str:
    """What a condition compares with, as the reader knows it; `labels` are those of related records by id."""
    if operator == "within":
        return str(PERIODS[value])
    if field.picks:
        return labels.get(str(value), text)
    if field.kind == "choice":
        return next((choice.words for choice in field.choices if choice.value == value), text)
    if field.kind == "flag":
        return yes_no(bool(value))
    if isinstance(value, datetime):
        return str(format_datetime(value, "short")) if len(text) > len("2026-01-31") else _day(text)
    return str(format_date(value, "medium")) if isinstance(value, date) else text


def _day(text: str) -> str:
    try:
        return str(format_date(date.fromisoformat(text), "medium"))
    except ValueError:
        return text


def _relation_labels(screen: Screen, filters: tuple[Filter, ...]) -> dict[str, str]:
    relations = [one for one in filters if one.field.picks and one.operator != "empty"]
    wanted = {str(value): (one.field, value) for one in relations for value in one.operands}
    return relation_labels(screen.surface.session, wanted) if wanted else {}
