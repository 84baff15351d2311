"""Records made outside a session -> rows of their tables: what a flush would write, by the thousand.

The ORM's flush costs more than the database's work. So the columns of new records (see `blanks`) are inserted in bulk,
with the mapper events of a flush.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from app.data import Record
from app.data.bulk import column_names, insert_many
from app.events.outbox import publish_many
from app.search.bulk import index_many


def insert_records(session: Session, records: Sequence[Record]) -> None:
    """Insert new records of one model and their inline rows, with tokens, tags and events. Nothing is committed.

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
    publish_many(session, model, "created", [record.id for record in records])


def _insert(session: Session, model: type[Record], records: Sequence[Record]) -> None:
    mapper = inspect(model)
    events = mapper.dispatch.before_insert
    if events:
        connection = session.connection()
        for record in records:
            events(mapper, connection, instance_state(record))
    held = [record.__dict__ for record in records]
    columns = [name for name in column_names(model.__table__) if any(name in one for one in held)]  # type: ignore[arg-type]
    insert_many(session, model, [{name: one.get(name) for name in columns} for one in held])


@cache
def _collections(model: type[Record]) -> tuple[str, ...]:
    return tuple(field.name for field in model.__fields__.values() if field.kind == "has_many")
