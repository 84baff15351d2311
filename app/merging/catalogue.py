"""All columns in which any record of any plugin refers to records of a kind: read off the declarations, never listed.

A relation is a foreign key (`belongs_to` makes one), or a link by the name of the kind; a record that may hang on any
other has `target_type` and `target_id`. What only ever grows (the audit log) stays as it was written: histories follow
`merged_into` instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, inspect

from app.data import Record, TenantTable
from app.host import Entry


@dataclass(frozen=True, slots=True)
class Reference:
    """One column that holds ids of the records. `kind` is what `target_type` must say for it."""

    model: type[TenantTable]
    column: str
    kind: str = ""

    @property
    def table(self) -> str:
        return table_of(self.model)

    def meets(self, ids: Any) -> ColumnElement[bool]:
        """The rows that refer to one of these."""
        model: Any = self.model
        named = getattr(model, self.column).in_(ids)
        return and_(model.target_type == self.kind, named) if self.kind else named


class Immovable(TypeError):
    """Rows that refer to records and have no id of their own cannot be moved and moved back."""


def table_of(model: type[Any]) -> str:
    """The name by which a merge remembers the rows of a model."""
    return str(model.__table__.fullname)


def references_to(entry: Entry) -> tuple[Reference, ...]:
    """In the order in which rows are locked: by table and column. Raises Immovable."""
    return _references(entry.model, entry.key)


@cache
def _references(model: type[Record], kind: str) -> tuple[Reference, ...]:
    found = [*_relations(model), *_hanging(kind), *_links(kind)]
    for one in found:
        if "id" not in one.model.__table__.columns:  # type: ignore[attr-defined]
            raise Immovable(f"{one.table}.{one.column} refers to {table_of(model)}, but its rows have no id.")
    return tuple(sorted(found, key=lambda one: (one.table, one.column)))


def _relations(model: type[Record]) -> Iterator[Reference]:
    target: Any = model.__table__
    for other in tenant_models():
        table: Any = other.__table__
        for key in table.foreign_key_constraints:
            if key.referred_table is target:
                names = [column.name for column in key.columns if column.name != "tenant_id"]
                yield from (Reference(other, attribute_of(other, name)) for name in names)


def _hanging(kind: str) -> Iterator[Reference]:
    for other in tenant_models():
        columns = other.__table__.columns  # type: ignore[attr-defined]
        if {"target_type", "target_id"} <= set(columns.keys()) and not getattr(other, "__append_only__", False):
            yield Reference(other, "target_id", kind)


def _links(kind: str) -> Iterator[Reference]:
    for other in tenant_models():
        fields = getattr(other, "__fields__", {}).values()
        yield from (Reference(other, field.name) for field in fields if field.links == kind)


def tenant_models() -> list[type[TenantTable]]:
    """Every model of tenant rows that is installed, by the name of its table."""
    found = {mapper.class_ for mapper in TenantTable.registry.mappers if issubclass(mapper.class_, TenantTable)}
    return sorted(found, key=table_of)


def attribute_of(model: type[TenantTable], column: str) -> str:
    """The name of a column's attribute on the model."""
    mapper = inspect(model)
    return str(mapper.get_property_by_column(mapper.local_table.columns[column]).key)


@cache
def models_by_table() -> dict[str, type[TenantTable]]:
    """Every model by the name that changes call it."""
    return {table_of(model): model for model in tenant_models()}
