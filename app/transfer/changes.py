"""What an import did to a record, kept so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from app.data import Record, current_tenant_id

_STAMPS = frozenset({"updated_at", "updated_by", "version"})


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is the table; `before` the columns as they were, None for a record that was made."""

    kind: str
    record_id: UUID
    version: int
    before: dict[str, Any] | None = None


def table_of(model: type[Record]) -> str:
    """The name by which changes call a model."""
    return str(model.__table__.fullname)  # type: ignore[attr-defined]


def change_of(record: Record) -> Change:
    """A record that was just inserted."""
    return Change(table_of(type(record)), record.id, record.version or 1)


def before_of(record: Record) -> dict[tuple[str, UUID], tuple[Record, dict[str, Any] | None]]:
    """What a flush is about to change of a record and its inline rows, by table and id; nothing when nothing is."""
    found: dict[tuple[str, UUID], tuple[Record, dict[str, Any] | None]] = {}
    for row in (record, *_children(record)):
        state = inspect(row)
        before = None if state.key is None else dict(_old_values(row))
        if before is None or before:
            found[table_of(type(row)), row.id] = row, before
    return found


def _children(record: Record) -> Iterator[Record]:
    for field in record.__fields__.values():
        if field.kind == "has_many" and field.name in inspect(record).dict:
            yield from getattr(record, field.name)


def _old_values(row: Record) -> Iterator[tuple[str, Any]]:
    state = inspect(row)
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if history.has_changes() and attribute.key not in _STAMPS:
            yield attribute.key, _plain(history.deleted[0] if history.deleted else None)


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, (UUID, Decimal)) else value


def restore(row: Record, before: dict[str, Any]) -> None:
    """Give a record back the values it had."""
    columns = row.__table__.columns  # type: ignore[attr-defined]
    for name, value in before.items():
        setattr(row, name, _typed(columns[name].type.python_type, value))


def _typed(kind: type[Any], value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    return kind(value) if kind in (UUID, Decimal) else value


_NOTE = text("""
    INSERT INTO import_change AS known (tenant_id, import_id, kind, record_id, version, before)
    SELECT :tenant_id, :import_id, kind, record_id, version, before
    FROM json_to_recordset(CAST(:rows AS json)) AS r(kind text, record_id uuid, version integer, before jsonb)
    ON CONFLICT (tenant_id, import_id, kind, record_id) DO UPDATE
    SET version = excluded.version,
        before = CASE WHEN known.before IS NOT NULL THEN excluded.before || known.before END""")
"""A record that is changed twice keeps its oldest values."""


def note_changes(session: Session, import_id: UUID, changes: list[Change]) -> None:
    """Write down what a chunk did, in its transaction."""
    if changes:
        rows = orjson.dumps(changes).decode()
        session.execute(_NOTE, {"tenant_id": current_tenant_id(), "import_id": import_id, "rows": rows})
