"""Events as JSON and back, and as JSON schema for those who receive them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from app.host.events import Event, EventField, fields_of

E = TypeVar("E", bound=Event)
_SCHEMAS: Mapping[type, dict[str, str]] = {
    str: {"type": "string"}, int: {"type": "integer"}, bool: {"type": "boolean"},
    UUID: {"type": "string", "format": "uuid"}, datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"}, Decimal: {"type": "string", "format": "decimal"},
}  # fmt: skip


def dump(event: Event) -> dict[str, Any]:
    """The fields of an event as JSON-able values."""
    return {field.name: _plain(getattr(event, field.name)) for field in fields_of(type(event))}


def load(kind: type[E], payload: Mapping[str, Any]) -> E:
    """The event again. Fields that the class no longer has are left out; those it has new keep their default."""
    known = {field.name: field for field in fields_of(kind)}
    return kind(**{name: _typed(known[name], value) for name, value in payload.items() if name in known})


def schema(field: EventField) -> dict[str, Any]:
    """The JSON schema of a field."""
    one: dict[str, Any] = dict(_SCHEMAS[field.type])
    if field.many:
        one = {"type": "array", "items": one}
    if field.optional:
        one["type"] = [one["type"], "null"]
    return {**one, "description": field.words}


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, (UUID, Decimal)) else value


def _typed(field: EventField, value: Any) -> Any:
    if value is None:
        return None
    return tuple(_one(field.type, item) for item in value) if field.many else _one(field.type, value)


def _one(kind: Any, value: Any) -> Any:
    return kind.fromisoformat(value) if kind in (datetime, date) else kind(value)
