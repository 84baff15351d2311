"""Entries of the audit log as changes of fields, for one person: what they may not see of a record is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from app.audit.models import AuditEntry
from app.audit.values import revive
from app.data import Field, Record
from app.host import Entry, registry
from app.host.custom_fields import PREFIX
from app.screens.reading import Surface
from app.screens.reading.surface import from_storage


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after: typed values, as the record holds them."""

    field: Field
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RowChanges:
    """A row inside the record's form that was created, changed or deleted."""

    collection: Field
    row_id: UUID
    verb: str
    label: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One entry. `given` are the parameters of the action that was run."""

    entry: AuditEntry
    changes: tuple[FieldChange, ...] = ()
    rows: tuple[RowChanges, ...] = ()
    given: tuple[FieldChange, ...] = ()
    is_erased: bool = False


def read_history(surface: Surface, record: Record, *, limit: int, before: int | None = None) -> list[Told]:
    """The entries about a record that the caller has found for this person, newest first; those before a number."""
    statement = _about(record, merged=True)
    if before is not None:
        statement = statement.where(AuditEntry.seq < before)
    rows = surface.session.scalars(statement.order_by(AuditEntry.seq.desc()).limit(limit))
    return [_of_record(surface, record, entry) for entry in rows]


def told_by_id(surface: Surface, record: Record, entry_id: UUID) -> Told | None:
    """One entry of a record's history; None when there is no such entry about it."""
    entry = surface.session.scalars(_about(record).where(AuditEntry.id == entry_id)).one_or_none()
    return _of_record(surface, record, entry) if entry is not None else None


def since(surface: Surface, record: Record, seq: int) -> list[Told]:
    """Everything that happened to a record after an entry, newest first."""
    rows = surface.session.scalars(_about(record).where(AuditEntry.seq > seq).order_by(AuditEntry.seq.desc()))
    return [_of_record(surface, record, entry) for entry in rows]


def _about(record: Record, *, merged: bool = False) -> Select[Any]:
    """The entries about a record, with those of records that were merged into it when wanted; of a row in another
    one's form, about that one."""
    home = registry().homes.get(type(record))
    if home is not None:
        parent, collection = home
        return _entries(parent, getattr(record, f"{collection.reverse}_id"), merged)
    return _entries(registry().by_model[type(record)], record.id, merged)


def _entries(entry: Entry, record_id: UUID, merged: bool) -> Select[Any]:
    about: Any = AuditEntry.target_id == record_id
    if merged and entry.is_mergeable:
        model: Any = entry.model
        about = or_(about, AuditEntry.target_id.in_(select(model.id).where(model.merged_into_id == record_id)))
    return select(AuditEntry).where(about, AuditEntry.target_type == entry.key)


def _of_record(surface: Surface, record: Record, entry: AuditEntry) -> Told:
    home = registry().homes.get(type(record))
    if home is None or entry.body is None:
        return describe(surface, entry)
    row = json.loads(entry.body).get("rows", {}).get(home[1].name, {}).get(str(record.id), {})
    return Told(entry, tuple(_changes(surface.fields, row.get("fields", {}))))


def describe(surface: Surface, entry: AuditEntry) -> Told:
    """An entry about a record of this resource."""
    if entry.body is None:
        return Told(entry, is_erased=True)
    body = json.loads(entry.body)
    return Told(
        entry,
        tuple(_changes(surface.fields, body.get("fields", {}))),
        tuple(_rows(surface, body.get("rows", {}))),
        tuple(_given(surface, entry, body.get("details", {}))),
    )


def _changes(fields: Mapping[str, Field], told: Mapping[str, list[Any]]) -> Iterator[FieldChange]:
    """In the order of the declaration."""
    for name, field in fields.items():
        if name in told and field.kind != "has_many":
            was, now = told[name]
            yield FieldChange(field, _value(field, was), _value(field, now))


def _value(field: Field, data: Any) -> Any:
    if field.secret:
        return data
    if field.name.startswith(PREFIX):
        return from_storage(field, data)
    try:
        return revive(field, data)
    except (ValueError, TypeError, KeyError):
        return data  # the field was of another kind then


def _rows(surface: Surface, told: Mapping[str, Mapping[str, Any]]) -> Iterator[RowChanges]:
    for name, rows in told.items():
        collection = surface.fields.get(name)
        if collection is None or collection.target is None:
            continue
        child = surface.target(collection)
        if child is not None and not child.may("read"):
            continue
        fields = child.fields if child is not None else collection.target().__fields__
        shown = {key: field for key, field in fields.items() if key != collection.reverse}
        for row_id, row in rows.items():
            changes = tuple(_changes(shown, row["fields"]))
            yield RowChanges(collection, UUID(row_id), row["verb"], row["label"], changes)


def _given(surface: Surface, entry: AuditEntry, details: Mapping[str, Any]) -> Iterator[FieldChange]:
    action = surface.entry.actions.get(entry.action.removeprefix(f"{surface.entry.key}."))
    for name, declared in action.parameters.items() if action is not None else ():
        if details.get(name) is not None:
            field = replace(declared, name=name)
            yield FieldChange(field, None, _value(field, details[name]))
