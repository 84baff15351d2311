"""What of a record is told, by the name of its field, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import inspect

from app.data import Field, Money, Record

SECRET = "•••"  # noqa: S105
"""Stands for a value that nobody may read."""
CUSTOM = "custom."
_AS_IT_IS = frozenset({str, int, bool})
_STAMPS = frozenset("tenant_id id created_at created_by updated_at updated_by version custom_fields deleted_by".split())
"""Columns that say nothing the entry does not say by itself."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is told of a record: a field, or a column without one. `columns` hold its value."""

    name: str
    columns: tuple[str, ...]
    is_secret: bool = False

    def read(self, values: Mapping[str, Any]) -> Any:
        """Its value from the columns' values."""
        if len(self.columns) == 1:
            return plain(values.get(self.columns[0]))
        minor, currency = (values.get(one) for one in self.columns)
        return None if minor is None else {"minor": minor, "currency": currency}

    def masked(self, value: Any) -> Any:
        """The value as it may be written down."""
        return SECRET if self.is_secret and value is not None else value


@cache
def told_of(model: type[Record]) -> tuple[Told, ...]:
    """All that is told of a model: its fields, then columns that are no field of it."""
    found = [_of_field(field) for field in model.__fields__.values() if field.kind != "has_many"]
    known = {column for one in found for column in one.columns} | _STAMPS
    for attribute in inspect(model).column_attrs:
        column = attribute.columns[0]
        if attribute.key not in known and getattr(column, "computed", None) is None:
            found.append(Told(attribute.key, (attribute.key,), bool(column.info.get("secret"))))
    return tuple(found)


def _of_field(field: Field) -> Told:
    if field.kind == "money":
        return Told(field.name, (f"{field.name}_minor", f"{field.name}_currency"), field.secret)
    return Told(field.name, (field.column,), field.secret)


@cache
def columns_of(model: type[Record]) -> frozenset[str]:
    """Every column whose change is told."""
    return frozenset(column for one in told_of(model) for column in one.columns) | {"custom_fields"}


def differences(model: type[Record], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """`{field: [before, after]}` of all that differs; empty mappings stand for a record that is not there (yet)."""
    if not before:
        return {name: [None, value] for name, value in _all_of(model, after).items()}
    if not after:
        return {name: [value, None] for name, value in _all_of(model, before).items()}
    found: dict[str, list[Any]] = {}
    for one in told_of(model):
        if any(not _same(before.get(column), after.get(column)) for column in one.columns):
            found[one.name] = [one.masked(one.read(before)), one.masked(one.read(after))]
    was_own, now_own = before.get("custom_fields") or {}, after.get("custom_fields") or {}
    for key in sorted({*was_own, *now_own}):
        if was_own.get(key) != now_own.get(key):
            found[CUSTOM + key] = [was_own.get(key), now_own.get(key)]
    return found


def _all_of(model: type[Record], row: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is not empty. Imports ask it for every row, so most values are taken without a call."""
    simple, others = _simple_and_others(model)
    found: dict[str, Any] = {}
    for name, column in simple:
        value = row.get(column)
        if type(value) in _AS_IT_IS:
            found[name] = value
        elif value is not None and value != []:
            found[name] = plain(value)
    found |= {one.name: one.masked(one.read(row)) for one in others if row.get(one.columns[0]) is not None}
    for key, value in sorted((row.get("custom_fields") or {}).items()):
        found[CUSTOM + key] = value
    return found


@cache
def _simple_and_others(model: type[Record]) -> tuple[tuple[tuple[str, str], ...], tuple[Told, ...]]:
    """Name and column of what is told as it is stored; what is a secret or has several columns."""
    told = told_of(model)
    others = tuple(one for one in told if one.is_secret or one.columns[1:])
    return tuple((one.name, one.columns[0]) for one in told if one not in others), others


def _same(was: Any, now: Any) -> bool:
    """Compared as stored, because one amount or moment has many texts. No tags are as good as none said."""
    return bool(was == now) or (was in (None, []) and now in (None, []))


def plain(value: Any) -> Any:
    """A stored value as JSON can hold it. `revive` is the way back."""
    if value is None or type(value) in _AS_IT_IS:
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    return value.hex() if isinstance(value, bytes) else value


def revive(field: Field, data: Any) -> Any:
    """The value of a field that an entry told."""
    if data is None:
        return None
    match field.kind:
        case "money":
            return Money(data["minor"], data["currency"])
        case "decimal":
            return Decimal(data)
        case "day":
            return date.fromisoformat(data)
        case "moment":
            return datetime.fromisoformat(data)
        case "record_id" | "belongs_to":
            return UUID(data)
        case _:
            return data
