"""Records made outside a session -> rows of their tables: what a flush would write, by the thousand.

The ORM's flush costs more than the database's work. So the columns of new records (see `blanks`) are inserted in bulk,
with the mapper events of a flush.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from app.data import Record
from app.data.driver import pipelined
from app.events.outbox import teller
from app.search.bulk import Additions


def insert_records(session: Session, records: Sequence[Record]) -> None:
    """Insert new records of one model and their inline rows, with tokens, tags and events. Nothing is committed.

    Raises IntegrityError and DataError as a flush does.
    """
    if not records:
        return
    model = type(records[0])
    groups: list[tuple[type[Record], Sequence[Any]]] = [(model, records)]
    for collection in _collections(model):
        children = [child for record in records for child in record.__dict__.setdefault(collection, [])]
        if children:
            groups.append((type(children[0]), children))
    for kind, rows in groups:
        _tell_listeners(session, kind, rows)
    additions, tell = Additions(session, *groups), teller(session, model, "created")
    with pipelined(session):
        additions.write()
        tell([record.id for record in records])


def _tell_listeners(session: Session, model: type[Record], records: Sequence[Record]) -> None:
    """The mapper events of a flush."""
    mapper = inspect(model)
    events = mapper.dispatch.before_insert
    if events:
        connection = session.connection()
        for record in records:
            events(mapper, connection, instance_state(record))


@cache
def _collections(model: type[Record]) -> tuple[str, ...]:
    return tuple(field.name for field in model.__fields__.values() if field.kind == "has_many")
