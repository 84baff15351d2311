"""`expand`: the records that rows refer to, or the rows that belong to them, one statement a relation.

What is expanded is read as its own resource: with its permission, its row and field rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.data import Field, Record
from app.data.record import label_fields
from app.screens.reading import Line, Surface, read_rows
from app.screens.reading.surface import label_of
from app.screens.rest.dumping import Dumper, JsonRow, converter, labelled, readable

MOST_CHILDREN = 100
"""Rows of a collection shown inside one record; the rest is read at the collection's own address."""


def expand_rows(surface: Surface, rows: Sequence[JsonRow], names: Sequence[str]) -> None:
    """Replace ids by objects, and add collections, in place."""
    for name in names:
        field = surface.fields[name]
        if field.kind == "belongs_to":
            _expand_reference(surface, rows, field)
        else:
            _expand_collection(surface, rows, field)


def _expand_reference(surface: Surface, rows: Sequence[JsonRow], field: Field) -> None:
    wanted: set[UUID] = {row[field.name] for row in rows if row[field.name] is not None}
    found = _referenced(surface, field, wanted) if wanted else {}
    for row in rows:
        key = row[field.name]
        if key is not None:
            row[field.name] = found.get(key) or {"id": key, "label": None}


def _referenced(surface: Surface, field: Field, wanted: set[UUID]) -> dict[UUID, JsonRow]:
    other = surface.target(field)
    if other is None:
        return _labels_only(surface, field, wanted)
    shown = readable(other)
    naming = [other.entry.fields[name] for name in label_fields(other.model)]
    where = (other.model.id.in_(wanted), *other.conditions())
    lines = read_rows(other, (*naming, *shown), *where, limit=len(wanted))
    dump = Dumper(shown)
    skip = len(naming)
    return {
        line.id: labelled(
            dump(Line(line.id, line.version, line.values[skip:])), label_of(other.model, line.id, line.values[:skip])
        )
        for line in lines
    }  # fmt: skip


def _labels_only(surface: Surface, field: Field, wanted: set[UUID]) -> dict[UUID, JsonRow]:
    """A model that no resource shows gives its words and no more, as on the screens."""
    model: type[Record] = field.target()  # type: ignore[misc]
    columns = [getattr(model, name) for name in label_fields(model)]
    statement = select(model.id, *columns).where(model.id.in_(wanted))
    return {
        row[0]: {"id": row[0], "label": label_of(model, row[0], row[1:])} for row in surface.session.execute(statement)
    }


def _expand_collection(surface: Surface, rows: Sequence[JsonRow], field: Field) -> None:
    parents: dict[UUID, list[JsonRow]] = {row["id"]: [] for row in rows}
    if parents:
        for parent, child in _children(surface, field, list(parents)):
            parents[parent].append(child)
    for row in rows:
        row[field.name] = parents[row["id"]]


def _children(surface: Surface, field: Field, parents: list[UUID]) -> list[tuple[UUID, JsonRow]]:
    model: type[Record] = field.target()  # type: ignore[misc]
    other = surface.target(field)
    link = model.__fields__[field.reverse or ""]
    column: Any = getattr(model, link.column)
    conditions = [column.in_(parents), *(other.conditions() if other is not None else ())]
    place = func.row_number().over(partition_by=column, order_by=model.id)
    first = select(model.id, place.label("place")).where(*conditions).subquery()
    chosen = model.id.in_(select(first.c.id).where(first.c.place <= MOST_CHILDREN))
    if other is not None:
        shown = readable(other)
        lines = read_rows(other, (link, *shown), chosen, limit=len(parents) * MOST_CHILDREN)
        dump = Dumper(shown)
        return [(line.values[0], dump(Line(line.id, line.version, line.values[1:]))) for line in lines]
    return _undeclared_children(surface, model, link, chosen)


def _undeclared_children(surface: Surface, model: type[Record], link: Field, chosen: Any) -> list[tuple[UUID, JsonRow]]:
    """Rows of a collection without a resource of its own: they are part of their parent, and read with it."""
    fields = [f for f in model.__fields__.values() if f.kind != "has_many"]
    statement = select(model).where(chosen).order_by(model.id)
    return [
        (getattr(row, link.column), {"id": row.id, "version": row.version} | {f.name: _value(row, f) for f in fields})
        for row in surface.session.scalars(statement)
    ]


def _value(row: Record, field: Field) -> Any:
    value = getattr(row, field.column if field.kind == "belongs_to" else field.name)
    convert = converter(field)
    return value if value is None or convert is None else convert(value)
