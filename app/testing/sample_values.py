"""Believable values for every kind of field, and for columns outside the declared fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Column, Date, DateTime, Integer, LargeBinary, String, Text, Uuid

from app.data import Field, Money, uuid7
from app.testing.pictures import picture

WORDS = ("Amber", "Basil", "Cedar", "Dune", "Ember", "Fjord", "نور", "Élan", "Grove", "Harbor")


def value_of(field: Field, number: int, marker: str = "") -> Any:
    """A value of the field's kind that a person could have entered; texts hold the marker where it fits."""
    return _MAKERS[field.kind](field, number, marker)


def raw(column: Column[Any], number: int, marker: str) -> Any:
    """A value of a column that no field declares. Raises TypeError for a kind that cannot be guessed."""
    kind = column.type
    if isinstance(kind, Uuid):
        return uuid7()
    if isinstance(kind, String | Text):
        return f"{marker}{number}-{uuid7().hex}"[: kind.length or 80]
    if isinstance(kind, DateTime):
        return datetime.now(UTC)
    if isinstance(kind, Date):
        return date(2026, 1, 31)
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, LargeBinary):
        return f"{marker}{number}".encode()
    raise TypeError(f"{column}: please give a value for it, {kind} cannot be guessed.")


def _text(field: Field, number: int, marker: str) -> str:
    limit = field.max_length or 255
    words = f"{WORDS[number % len(WORDS)]} {marker} {number}" if marker else f"{WORDS[number % len(WORDS)]} {number}"
    if len(words) > limit:
        words = f"{marker}{number}" if marker and len(marker) + 8 < limit else f"{number}"
    return " ".join(words.split())[:limit]


def _lines(field: Field, number: int, marker: str) -> str:
    return f"{_text(Field('text'), number, marker)}\nsecond line, “quoted” <b>&amp;</b>\n\nfourth"[: field.max_length]


def _minor(number: int) -> int:
    return 100_050 + number


def _choice(field: Field, number: int, marker: str) -> str:
    """One of its values; of an open choice that names none, a word."""
    return field.choices[number % len(field.choices)].value if field.choices else f"{marker or 'kind'}.{number}"


def _decimal(field: Field, number: int, marker: str) -> Decimal:
    low = Decimal(field.minimum if field.minimum is not None else 0)
    return (low + Decimal(number % 7) + Decimal(5).scaleb(-field.scale)).quantize(Decimal(1).scaleb(-field.scale))


def _integer(field: Field, number: int, marker: str) -> int:
    value = 1_000 + number
    if field.maximum is not None:
        value = min(value, int(field.maximum))
    return max(value, int(field.minimum)) if field.minimum is not None else value


_MAKERS: dict[str, Callable[[Field, int, str], Any]] = {
    "text": _text,
    "long_text": _lines,
    "choice": _choice,
    "money": lambda field, number, marker: Money(_minor(number), ("USD", "JPY", "KWD")[number % 3]),
    "integer": _integer,
    "decimal": _decimal,
    "flag": lambda field, number, marker: number % 2 == 0,
    "day": lambda field, number, marker: date(2026, 1, 31) + timedelta(days=number % 300),
    "moment": lambda field, number, marker: datetime(2026, 3, 29, 1, 30, 15, 123456, UTC) + timedelta(minutes=number),
    "json": lambda field, number, marker: {"marker": marker, "n": [number, 1.5, None, True, {"ن": "“x”"}]},
    "tags": lambda field, number, marker: [f"{marker}tag {number}"[:60], "vip"],
    "phone": lambda field, number, marker: f"+9665012{number % 100_000:05d}",
    "email": lambda field, number, marker: f"{marker or 'person'}.{number}@mail.example".casefold(),
    "url": lambda field, number, marker: f"https://site.example/{marker}/{number}?a=1&b=2#c",
    "image": lambda field, number, marker: picture(number),
    "record_id": lambda field, number, marker: uuid7(),
}
