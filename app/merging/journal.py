"""What a merge wrote, row by row: photographed before and after, kept as plain JSON, read back as typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, inspect, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.data import Record, TenantTable, current_tenant_id
from app.data.bulk import insert_many
from app.merging.catalogue import table_of
from app.merging.models import MergeChange

STAMPS = frozenset({"updated_at", "updated_by", "version"})
"""Columns that change with every write and are not brought back."""
Values = dict[str, Any]
Photograph = dict[UUID, Values]
"""Rows of one table as they were, by id: attribute -> value."""


@dataclass
class Journal:
    """(table, id) -> what was there before, and after."""

    changes: dict[tuple[str, UUID], tuple[Values, Values]] = field(default_factory=dict)

    def note(self, model: type[TenantTable], row_id: UUID, before: Values, after: Values) -> None:
        """One row was written. Two columns of one row are one change; of a column written twice the first value
        counts as what was there before."""
        was, now = self.changes.setdefault((table_of(model), row_id), ({}, {}))
        was.update({name: value for name, value in stored(before).items() if name not in was})
        now.update(stored(after))

    def compare(self, model: type[TenantTable], before: Photograph, after: Photograph) -> None:
        """Note all that differs between two photographs."""
        for row_id, was in before.items():
            now = after.get(row_id, {})
            names = [name for name in was if name not in STAMPS and name in now and was[name] != now[name]]
            if names:
                self.note(model, row_id, {n: was[n] for n in names}, {n: now[n] for n in names})

    def write(self, session: Session, merge_id: UUID) -> None:
        """Keep it with the merge."""
        rows = [
            {"tenant_id": current_tenant_id(), "merge_id": merge_id, "kind": kind, "record_id": row_id,
             "before": was, "after": now, "settled": None}
            for (kind, row_id), (was, now) in self.changes.items()
        ]  # fmt: skip
        insert_many(session, MergeChange, rows)


def attributes_of(model: type[TenantTable]) -> dict[str, Column[Any]]:
    """The columns that can be written, by attribute."""
    found: dict[str, Any] = {one.key: one.columns[0] for one in inspect(model).column_attrs}
    return {name: column for name, column in found.items() if getattr(column, "computed", None) is None}


def photograph(session: Session, model: type[Record], *where: Any) -> Photograph:
    """Rows as plain values, locked in the order of their keys."""
    names = list(attributes_of(model))
    columns = [getattr(model, name) for name in names]
    statement = select(*columns).where(*where).order_by(model.id).with_for_update()
    rows = [dict(zip(names, row, strict=True)) for row in session.execute(statement)]
    return {row["id"]: row for row in rows}


def stored(values: Mapping[str, Any]) -> Values:
    """Values as JSON holds them."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, (UUID, Decimal)) else value


def typed(model: type[TenantTable], values: Mapping[str, Any]) -> Values:
    """The way back."""
    columns = attributes_of(model)
    return {name: _typed(columns[name], value) for name, value in values.items()}


def _typed(column: Column[Any], value: Any) -> Any:
    if value is None or not isinstance(value, str) or isinstance(column.type, JSONB):
        return value
    kind = column.type.python_type
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if kind is bytes:
        return bytes.fromhex(value)
    return kind(value) if kind in (UUID, Decimal) else value


def read(session: Session, merge_id: UUID) -> list[MergeChange]:
    """All that a merge wrote."""
    order = MergeChange.kind, MergeChange.record_id
    return list(session.scalars(select(MergeChange).where(MergeChange.merge_id == merge_id).order_by(*order)))


def by_kind(changes: Iterable[MergeChange]) -> dict[str, list[MergeChange]]:
    """Grouped by table, in the order given."""
    found: dict[str, list[MergeChange]] = {}
    for one in changes:
        found.setdefault(one.kind, []).append(one)
    return found
