"""Writing events down, in the transaction of what they tell of: they are true together or not at all.

Every record of every resource is watched here, in one place. Rows written past the ORM tell nothing by themselves:
whoever writes them (an import) says so by `publish_many`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import current_app, has_app_context
from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from app.data import Record, current_scope, db
from app.data.bulk import insert_many
from app.data.session import TenantSession
from app.events.coding import dump
from app.events.models import DomainEvent
from app.events.relay import wanted_here
from app.host import EXTENSION, Entry, Event, Registry, registry
from app.host.borders import need_own_name
from app.host.events import RecordEvent
from app.host.happenings import event_name


def publish(happened: Event, aggregate: Record | None = None) -> UUID:
    """Write an event with the changes of the current session; returns its id. The edge commits.

    `aggregate` is the record it happened to: handlers get the events of one aggregate in order. Raises LookupError for
    an event that no plugin declares, NotDeclared for another plugin's.
    """
    known = registry().happenings.types.get(happened.name)
    if known is None or known.event is not type(happened):
        raise LookupError(f"The event {type(happened).__name__} is not declared: name it in the hook events().")
    need_own_name(happened.name, "the event")
    row = _row(happened.name, happened, aggregate)
    db.session.add(row)
    return row.id


def publish_many(session: Session, model: type[Record], change: str, ids: Sequence[UUID]) -> None:
    """Tell of records that were `created` or `deleted` in bulk: one statement, and none when nobody here listens.

    Rows of theirs that were written along tell nothing: they belong to the record.
    """
    teller(session, model, change)(ids)


def teller(session: Session, model: type[Record], change: str) -> Callable[[Sequence[UUID]], None]:
    """What tells as `publish_many` does, without reading anything any more."""
    entry = registry().by_model.get(model)
    name = "" if entry is None else event_name(entry, change)
    if entry is None or name not in registry().happenings.types or name not in wanted_here(session):
        return lambda ids: None
    common = {"name": name, "schema_version": RecordEvent.version, "aggregate_type": entry.key}
    via = current_scope().via

    def tell(ids: Sequence[UUID]) -> None:
        payload = dump(RecordEvent(ids[0], entry.key, via=via)) if ids else {}
        rows = [{**common, "aggregate_id": one, "payload": {**payload, "id": str(one)}} for one in ids]
        insert_many(session, DomainEvent, rows)

    return tell


def _row(name: str, happened: Event, aggregate: Record | None) -> DomainEvent:
    return DomainEvent(
        name=name,
        schema_version=happened.version,
        aggregate_type="" if aggregate is None else _kind(aggregate),
        aggregate_id=None if aggregate is None else aggregate.id,
        payload=dump(happened),
        request_id=(current_scope().request_id or "")[:64] or None,
    )


def _kind(aggregate: Record) -> str:
    entry = registry().by_model.get(type(aggregate))
    return entry.key if entry is not None else type(aggregate).__table__.name  # type: ignore[attr-defined]


@event.listens_for(TenantSession, "before_flush")
def _tell_of_records(session: Session, context: Any, instances: Any) -> None:
    """Every record that is about to be written becomes an event of its resource, in the same flush."""
    installed = _registry()
    if installed is None:
        return
    changes = [(row, "created") for row in session.new]
    changes += [(row, "deleted") for row in session.deleted]
    changes += [(row, "") for row in session.dirty if session.is_modified(row, include_collections=False)]
    for row, change in changes:
        entry = installed.by_model.get(type(row))
        if entry is not None and event_name(entry, "created") in installed.happenings.types:
            _tell(session, entry, row, change)


def _registry() -> Registry | None:
    return current_app.extensions.get(EXTENSION) if has_app_context() else None


def _tell(session: Session, entry: Entry, row: Any, change: str) -> None:
    changed = () if change else changed_fields(row)
    if not change and not changed:
        return  # a stamp of our own, which nobody outside can see
    if "deleted_at" in changed and row.deleted_at is not None:
        change, changed = "deleted", ()
    happened = RecordEvent(row.id, entry.key, changed, current_scope().via)
    session.add(_row(event_name(entry, change or "updated"), happened, row))


def changed_fields(row: Record) -> tuple[str, ...]:
    """The fields of a record that differ from what is stored, its own ones and the trash included."""
    attributes = inspect(row).attrs
    names = {field.column: field.name for field in row.__fields__.values() if field.kind != "has_many"}
    names |= {name: name for name in ("custom_fields", "deleted_at", "archived_at") if name in attributes}
    return tuple(name for column, name in names.items() if attributes[column].history.has_changes())
