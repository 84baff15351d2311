"""Records made outside a session -> rows of their tables: what a flush would write, by the thousand.

The ORM's flush costs more than the database's work. So new records are plain ORM objects (rules of the resource see
what they always see), and their columns are inserted in bulk, with the defaults and the mapper events of a flush.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from app.data import Record
from app.data.bulk import insert_many
from app.search.bulk import index_many


def insert_records(session: Session, records: Sequence[Record]) -> None:
    """Insert new records of one model and their inline rows, with tokens and tags. Nothing is committed.

    Raises IntegrityError and DataError as a flush does.
    """
    if not records:
        return
    model = type(records[0])
    _insert(session, model, records)
    for collection in _collections(model):
        children = [child for record in records for child in record.__dict__.get(collection, ())]
        if children:
            _insert(session, type(children[0]), children)
            index_many(session, type(children[0]), children)
    index_many(session, model, records)


def _insert(session: Session, model: type[Record], records: Sequence[Record]) -> None:
    mapper = inspect(model)
    events = mapper.dispatch.before_insert
    if events:
        connection = session.connection()
        for record in records:
            events(mapper, connection, inspect(record))
    columns = _columns(model)
    rows = [_row(record.__dict__, columns) for record in records]
    unset = [name for name, make in columns if make is None and all(row[name] is _UNSET for row in rows)]
    for row in rows:
        for name in unset:
            del row[name]
        for name, value in row.items():
            if value is _UNSET:
                row[name] = None
    insert_many(session, model, rows)


_UNSET: Any = object()


def _row(values: dict[str, Any], columns: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A column that was never set takes its default, as in a flush; one that was set to None stays empty."""
    return {name: values[name] if name in values else make() if make else _UNSET for name, make in columns}


@cache
def _columns(model: type[Record]) -> tuple[tuple[str, Any], ...]:
    table: Any = model.__table__
    written = (column for column in table.columns if column.computed is None)
    return tuple((column.name, _maker(column.default)) for column in written)


def _maker(default: Any) -> Any:
    if default is None:
        return None
    return (lambda: default.arg(None)) if default.is_callable else (lambda: default.arg)


@cache
def _collections(model: type[Record]) -> tuple[str, ...]:
    return tuple(field.name for field in model.__fields__.values() if field.kind == "has_many")


def link_children(record: Record) -> None:
    """Give the inline rows of a new record its id, which a flush would do."""
    for name in _collections(type(record)):
        field = type(record).__fields__[name]
        for child in record.__dict__.get(name, ()):
            setattr(child, f"{field.reverse}_id", record.id)
