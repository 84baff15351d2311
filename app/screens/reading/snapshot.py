"""Records as a form shows them: read as columns, one statement for a record with the names of what it points to.

A form that is only opened needs values, not objects whose changes are watched; loading those costs three times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, inspect, select
from sqlalchemy.orm import aliased

from app.data import Field, Money, Record
from app.data.reading import Prepared, as_it_comes, rows
from app.data.record import label_fields, label_words
from app.data.wiring import order_of_children
from app.screens.reading.surface import Surface, label_of

MOST_CHILDREN = 500
"""Child rows shown inside their parent's form."""


class Snapshot:
    """A stored record at one moment: it has the attributes of its columns and money fields, and cannot be saved."""

    id: UUID
    version: int
    custom_fields: dict[str, Any]

    def __init__(self, model: type[Record], values: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        self.__dict__.update(values)
        # No field is called like these.
        self.__model__ = model
        self.__labels__ = labels
        """What the records are called that its relations point to, by field."""

    def __str__(self) -> str:
        parts = [getattr(self, name, None) for name in label_fields(self.__model__)]
        return label_words(self.__model__, parts) or str(self.id)[-8:]


def read_snapshot(surface: Surface, record_id: UUID) -> Snapshot | None:
    """The record, or None when there is none that this person reaches."""
    reader = _reader(surface.model, tuple(_relations(surface)))
    conditions = surface.conditions()
    if surface.is_plain(conditions):
        found = reader.plain.rows(surface.session, record_id=record_id)
    else:
        found = rows(surface.session, reader.statement.where(*conditions), record_id=record_id)
    return reader.snapshot(found[0]) if found else None


def read_children(surface: Surface, collection: Field, parent_id: UUID) -> list[Snapshot]:
    """The rows of a collection in the order they were made."""
    model: type[Record] = collection.target()  # type: ignore[misc]
    reader = _reader(model, ())
    link = model.__fields__[collection.reverse or ""].column
    return [reader.snapshot(row) for row in reader.children(link).rows(surface.session, parent_id=parent_id)]


def _relations(surface: Surface) -> Iterator[Field]:
    return (field for field in surface.editable(is_new=False).values() if field.kind == "belongs_to")


@lru_cache(maxsize=2_000)
def _reader(model: type[Record], relations: tuple[Field, ...]) -> _Reader:
    return _Reader(model, relations)


class _Reader:
    """Which columns make a snapshot of a model. Related records are joined for their names alone."""

    def __init__(self, model: type[Record], relations: tuple[Field, ...]) -> None:
        self.model = model
        self.names = [one.key for one in inspect(model).column_attrs if not one.deferred]
        self.columns: list[Any] = [as_it_comes(getattr(model, name)) for name in self.names]
        self.money = [field.name for field in model.__fields__.values() if field.kind == "money"]
        self.labels: list[tuple[str, Callable[[Any], str | None]]] = []
        self.joins: list[tuple[Any, ColumnElement[bool]]] = []
        for field in relations:
            self._join(field)
        statement: Select[Any] = select(*self.columns).select_from(model)
        for target, on in self.joins:
            statement = statement.outerjoin(target, on)
        self.all = statement
        self.statement = statement.where(model.id == bindparam("record_id"))
        self.plain = Prepared(self.statement.where(model.is_live()))
        self._children: dict[str, Prepared] = {}

    def children(self, link: str) -> Prepared:
        """The statement for the rows whose column `link` holds the parent."""
        if link not in self._children:
            statement = self.all.where(getattr(self.model, link) == bindparam("parent_id"))
            self._children[link] = Prepared(statement.order_by(*order_of_children(self.model)).limit(MOST_CHILDREN))
        return self._children[link]

    def snapshot(self, row: Sequence[Any]) -> Snapshot:
        values = dict(zip(self.names, row, strict=False))
        for name in self.money:
            minor = values[f"{name}_minor"]
            values[name] = None if minor is None else Money(minor, values[f"{name}_currency"])
        labels = {name: label for name, read in self.labels if (label := read(row)) is not None}
        return Snapshot(self.model, values, labels)

    def _join(self, field: Field) -> None:
        model: type[Record] = field.target()  # type: ignore[misc]
        other = aliased(model)
        self.joins.append((other, other.id == getattr(self.model, field.column)))
        first = len(self.columns)
        self.columns += [other.id, *(getattr(other, name) for name in label_fields(model))]
        last = len(self.columns)

        def label(row: Sequence[Any]) -> str | None:
            key = row[first]
            return None if key is None else label_of(model, key, row[first + 1 : last])

        self.labels.append((field.name, label))
