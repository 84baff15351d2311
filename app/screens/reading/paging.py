"""Keyset pages: the next page begins after the last row seen, so a deep page costs what the first one does."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Text, cast, literal, tuple_

from app.data import Field, Record
from app.screens.reading.conditions import SENTINELS

_INFINITY = "infinity"


@dataclass(frozen=True, slots=True)
class Order:
    """A column that is never null, then the id; both in one direction."""

    field: Field
    column: ColumnElement[Any] | None
    id: ColumnElement[Any]
    descending: bool

    @classmethod
    def of(cls, model: type[Record], field: Field, sort: str) -> Order:
        """`created_at` orders by the id alone: keys are made in the order of time."""
        column = None if field.name == "created_at" else getattr(model, field.sort_column)
        return cls(field, column, model.id, sort.startswith("-"))  # type: ignore[arg-type]

    def by(self, *, backwards: bool = False) -> list[ColumnElement[Any]]:
        columns = [self.id] if self.column is None else [self.column, self.id]
        return [column.desc() if self.descending != backwards else column.asc() for column in columns]

    def after(self, position: Position) -> ColumnElement[bool]:
        """Rows beyond a position (before it, when the position looks back)."""
        down = self.descending != position.backwards
        if self.column is None:
            return self.id < position.id if down else self.id > position.id
        here = tuple_(self._literal(position.value), literal(position.id, self.id.type))
        row = tuple_(self.column, self.id)
        return row < here if down else row > here

    def _literal(self, value: Any) -> ColumnElement[Any]:
        if value == _INFINITY and self.field.kind in SENTINELS:
            return cast(literal(_INFINITY, Text()), SENTINELS[self.field.kind])
        return literal(value, self.column.type if self.column is not None else None)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: the sort value and id of a row, and whether we look back from it."""

    value: Any
    id: UUID
    backwards: bool = False

    def encode(self, sort: str) -> str:
        value = self.value.isoformat() if isinstance(self.value, date | datetime) else self.value
        packed = json.dumps([sort, value, self.id.hex, int(self.backwards)], separators=(",", ":"), ensure_ascii=False)
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode(cursor: str, sort: str, field: Field) -> Position:
    """The position in a cursor. Raises ValueError for one that is broken or of another order."""
    try:
        packed = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        of_sort, value, key, backwards = json.loads(packed)
        if of_sort != sort:
            raise ValueError
        return Position(_typed(field, value), UUID(hex=key), bool(backwards))
    except (ValueError, TypeError, KeyError, binascii.Error, UnicodeDecodeError, AttributeError, RecursionError):
        raise ValueError(_("This page address is not valid any more. Start from the first page.")) from None


def _typed(field: Field, value: Any) -> Any:
    """The value of a cursor in the type of its sort column. Raises ValueError for any other."""
    if field.name == "created_at":
        return None
    if field.kind in ("integer", "money", "flag"):
        wanted = bool if field.kind == "flag" else int
        if type(value) is not wanted or abs(value) >= 2**63:
            raise ValueError
        return value
    if not isinstance(value, str) or "\x00" in value or value != value.encode("utf-8", "ignore").decode():
        raise ValueError
    return _time(field, value) if field.kind in SENTINELS and value != _INFINITY else value


def _time(field: Field, value: str) -> date:
    if field.kind == "day":
        return date.fromisoformat(value)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def sort_value(field: Field, raw: Any) -> Any:
    """The value to remember in a cursor: what the sort column holds."""
    return _INFINITY if raw is None and field.kind in SENTINELS else raw
