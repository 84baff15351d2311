"""Values of records as the words that stand on paper, in the reader's language and time zone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.data import Field, Money
from app.identity.locale import current_locale
from app.screens.formats import Formats, formats_for
from app.screens.kinds import reader
from app.screens.views.columns import badges_of

Words = Callable[[Any], str]
"""The words for a value; nothing for none."""
NUMBERS = frozenset({"money", "integer", "decimal", "progress"})
_LEFT_TO_RIGHT = "\u200e"
"""Before addresses and phone numbers, which are read that way among Arabic too."""


def reader_formats() -> Formats:
    """The formats of whoever reads the document."""
    return formats_for(str(current_locale() or "en"), reader().zone.key)


def words_of_field(field: Field, formats: Formats) -> Words:
    """How values of a field are written."""
    labels = {value: badge.label for value, badge in badges_of(field).items()}
    return words_of_kind(shown_kind(field), labels, formats)


def shown_kind(field: Field) -> str:
    """The kind that values of a field are shown as."""
    return str(field.extra.get("show", field.kind))


def words_of_kind(kind: str, labels: Mapping[str, str], formats: Formats) -> Words:
    """How values of a kind are written; `labels` are the words of a choice."""
    write = _writer(kind, labels, formats)
    return lambda value: "" if value is None or value == "" or value == [] else write(value)


def _writer(kind: str, labels: Mapping[str, str], formats: Formats) -> Words:
    match kind:
        case "choice" | "words":
            return lambda value: labels.get(value, str(value))
        case "long_text" if labels:
            return lambda value: "\n".join(labels.get(line, line) for line in str(value).split("\n"))
        case "image":
            words = str(_("Picture"))
            return lambda value: words
        case "flag":
            yes, no = str(_("Yes")), str(_("No"))
            return lambda value: yes if value else no
        case "tags":
            return lambda value: ", ".join(map(_apart, value)) if isinstance(value, list | tuple) else str(value)
        case "phone" | "email" | "url":
            return lambda value: f"{_LEFT_TO_RIGHT}{value}"
        case "json":
            return lambda value: json.dumps(value, ensure_ascii=False, default=str)
        case "progress":
            return lambda value: f"{formats.number(value)}%"
        case "money" | "integer" | "decimal" | "day" | "moment":
            return lambda value: _formatted(value, formats)
    return str


def _apart(text: str) -> str:
    """A text that keeps its direction to itself among others."""
    return text if text.isascii() else f"\u2068{text}\u2069"


def _formatted(value: Any, formats: Formats) -> str:
    if isinstance(value, Money):
        return formats.money(value.amount, value.currency)
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, date):
        return formats.day(value)
    return formats.number(value) if isinstance(value, int | float | Decimal) else str(value)
