"""From rows of a session to changes: read after the flush, while the session still knows what was there before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import NO_VALUE

from app.audit.changes import RowChange, Verb, label_from
from app.audit.values import columns_of, differences
from app.data import Record


def is_audited(row: Any) -> bool:
    return isinstance(row, Record) and row.__audited__


def learn(session: Session) -> None:
    """Before a flush: read what is about to be overwritten or deleted and was never loaded."""
    for row in (*session.deleted, *session.dirty):
        if is_audited(row):
            _learn_overwritten(session, row)
    for row in session.deleted:
        if is_audited(row) and inspect(row).expired_attributes:
            with suppress(InvalidRequestError):  # gone already: the flush will say so
                session.refresh(row, inspect(row).expired_attributes)


def _learn_overwritten(session: Session, row: Record) -> None:
    model, committed = type(row), inspect(row).committed_state
    unknown = [name for name in columns_of(model) if committed.get(name, None) is NO_VALUE]
    if unknown:
        columns = [getattr(model, name) for name in unknown]
        (row_id,) = inspect(row).identity or (None,)
        found = session.execute(select(*columns).where(model.id == row_id)).one_or_none()
        committed.update(zip(unknown, found or (), strict=False))


def flushed(session: Session) -> Iterator[RowChange]:
    """The changes of the flush that has just been sent."""
    for row in session.new:
        if is_audited(row):
            yield created(type(row), row.tenant_id, row.__dict__)
    for row in session.dirty:
        if is_audited(row) and row not in session.deleted:
            change = _updated(row)
            if change is not None:
                yield change
    for row in session.deleted:
        if is_audited(row):
            yield deleted(type(row), row.tenant_id, {**row.__dict__, **inspect(row).committed_state})


def created(model: type[Record], tenant_id: UUID, values: Mapping[str, Any]) -> RowChange:
    """A row that was not there."""
    return _change(model, tenant_id, values, "create", {}, values)


def deleted(model: type[Record], tenant_id: UUID, values: Mapping[str, Any]) -> RowChange:
    """A row that is no more."""
    return _change(model, tenant_id, values, "delete", values, {})


def updated(
    model: type[Record], tenant_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any]
) -> RowChange | None:
    """A row that is another now; None when nothing that is told has changed. Both hold the whole row."""
    change = _change(model, tenant_id, after, _verb(before, after), before, after)
    return change if change.fields else None


def _updated(row: Record) -> RowChange | None:
    committed = inspect(row).committed_state
    touched = columns_of(type(row)) & committed.keys()
    if not touched:
        return None
    before, after = ({name: values.get(name) for name in touched} for values in (committed, row.__dict__))
    change = _change(type(row), row.tenant_id, row.__dict__, _verb(before, after), before, after)
    return change if change.fields else None


def _verb(before: Mapping[str, Any], after: Mapping[str, Any]) -> Verb:
    was, now = before.get("deleted_at"), after.get("deleted_at")
    if (was is None) == (now is None):
        return "update"
    return "restore" if now is None else "trash"


def _change(
    model: type[Record],
    tenant_id: UUID,
    row: Mapping[str, Any],
    verb: Verb,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> RowChange:
    parents = {column: row.get(column) for column in _links(model)}
    return RowChange(
        model, tenant_id, row["id"], verb, differences(model, before, after), label_from(model, row), parents
    )


@cache
def _links(model: type[Record]) -> tuple[str, ...]:
    return tuple(field.column for field in model.__fields__.values() if field.kind == "belongs_to")
