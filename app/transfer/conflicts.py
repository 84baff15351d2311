"""New records that the database will most likely refuse because a unique value is taken: they are stored one by one.

The database decides; this only keeps one such line from costing its whole chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, UniqueConstraint
from sqlalchemy.orm import Session

from app.data import Record
from app.transfer.probing import probe


class Conflicts:
    """Made once an import: it knows the unique indexes of a model and of its inline rows."""

    def __init__(self, model: type[Record]) -> None:
        self.own = list(_unique_columns(model))
        self.inner = [
            (field.name, columns)
            for field in model.__fields__.values()
            if field.kind == "has_many" and field.target
            for columns in _unique_columns(field.target())
            if [column.name for column in columns] != [f"{field.reverse}_id"]  # the parent is new
        ]

    def among(self, session: Session, records: Sequence[Record]) -> set[UUID]:
        """The ids of records with a value that another record, stored or of this chunk, has already."""
        risky: set[UUID] = set()
        for columns in self.own:
            risky |= _taken(session, columns, [(record.id, record) for record in records])
        for name, columns in self.inner:
            pairs = [(record.id, child) for record in records for child in record.__dict__.get(name, ())]
            risky |= _taken(session, columns, pairs)
        return risky


def _unique_columns(model: type[Record]) -> Iterator[list[Column[Any]]]:
    """The columns beside the tenant of each unique index on plain columns."""
    table: Any = model.__table__
    uniques: list[Any] = [index for index in table.indexes if index.unique and not _has_expression(index)]
    uniques += [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    for unique in uniques:
        columns = [column for column in unique.columns if column.name != "tenant_id"]
        if columns:
            yield columns


def _has_expression(index: Any) -> bool:
    return len(index.expressions) != len(index.columns)


def _taken(session: Session, columns: Sequence[Column[Any]], pairs: Sequence[tuple[UUID, Record]]) -> set[UUID]:
    owners: dict[tuple[Any, ...], list[UUID]] = {}
    for owner, row in pairs:
        value = tuple(row.__dict__.get(column.key) for column in columns)
        if None not in value:
            owners.setdefault(value, []).append(owner)
    if not owners:
        return set()
    stored = {tuple(row) for row in probe(session, columns, owners, columns)}
    return {one for value, ids in owners.items() for one in (ids if value in stored else ids[1:])}
