"""What events tell of a record that has a timeline, in all plugins.

An event is about a contact when it is one of the contact's own, when it has a field `contact_id`, or when it tells of a
record that belongs to the contact or hangs on it. The same holds for companies, and for every other resource that
declares a timeline; of their own changes these tell that they were made, and their history tells the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.sentences import label_for, told_of_event
from app.data import Record, db, moment, record_id
from app.data import text as text_field
from app.events.coding import dump
from app.host import Entry, Event, Occurrence, Registry, registry
from app.host.events import EventType, RecordEvent
from app.merging.happenings import Merged, Parted

_WANTED = "tenantry.timeline"


class TimelineEntry(Record):
    """One thing that happened to one record. Rows are only ever added."""

    __label__ = "words"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (Index("ix_timeline_entry_target", "tenant_id", "target_type", "target_id", "id"),)

    target_type: Mapped[str] = text_field(max_length=100, label=_l("Record type"), readonly=True)
    target_id: Mapped[UUID] = record_id(label=_l("Record"), readonly=True)
    words: Mapped[str] = text_field(max_length=500, label=_l("What happened"), readonly=True)
    event_name: Mapped[str] = text_field(max_length=150, label=_l("Event"), readonly=True, sortable=True)
    facts: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    """What the sentence is written from, for its reader: the event's fields, and what a row inside is called. No field
    of the screens, since it may name what a reader must not see."""
    event_id: Mapped[UUID] = record_id(label=_l("Event's id"), readonly=True)
    at: Mapped[datetime] = moment(label=_l("When"), readonly=True, sortable=True)


def wanted() -> Collection[str]:
    """The events that may be about a record with a timeline: the same as long as the application lives."""
    kept = current_app.extensions
    if _WANTED not in kept:
        installed = registry()
        types = installed.happenings.types.values()
        kept[_WANTED] = frozenset(one.name for one in types if _may_concern(installed, one))
    found: frozenset[str] = kept[_WANTED]
    return found


def told_of(installed: Registry) -> dict[str, type[Record]]:
    """The models of the resources that have a timeline, by key."""
    return {key: entry.model for key, entry in installed.entries.items() if entry.resource.timeline}


def _links(installed: Registry) -> dict[str, str]:
    """`contact_id` of an event names a contact; of two resources called alike the first declared is meant."""
    return {f"{installed.entries[key].resource.key_name}_id": key for key in reversed(told_of(installed))}


def _may_concern(installed: Registry, one: EventType) -> bool:
    if one.event in (Merged, Parted):
        return True
    if one.event is not RecordEvent:
        links = _links(installed)
        return any(field.name in links for field in one.fields)
    resource, _underscore, change = one.name.rpartition("_")
    entry, models = installed.entries[resource], told_of(installed)
    if resource in models and entry.plugin.core:
        return True
    links_of = [field for field in entry.fields.values() if field.kind == "belongs_to" and field.target]
    belongs = any(field.target() in models.values() for field in links_of if field.target)
    return change == "created" and (resource in models or belongs or "target_id" in entry.fields)


def tell(happened: Event, told: Occurrence) -> None:
    """The handler: an entry for every record that the event is about and that is still there."""
    installed = registry()
    models, kind_of_event = told_of(installed), installed.happenings.types[told.name]
    words = told_of_event(kind_of_event, happened)
    for kind, key in set(_about(happened)):
        if db.session.get(models[kind], key) is not None:
            db.session.add(
                TimelineEntry(
                    target_type=kind, target_id=key, words=words[:500], event_name=told.name, event_id=told.id,
                    at=told.at, created_by=told.actor_id, facts=_facts(happened, kind),
                )
            )  # fmt: skip


def _facts(happened: Event, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"event": dump(happened)}
    if isinstance(happened, RecordEvent):
        entry = registry().entries[happened.resource]
        found["label"] = label_for(registry(), entry, db.session.get(entry.model, happened.id), kind)
    return found


def _about(happened: Event) -> Iterator[tuple[str, UUID]]:
    installed = registry()
    if isinstance(happened, Merged | Parted):
        merged = installed.entries.get(happened.resource)
        if merged is not None and merged.resource.timeline:
            yield happened.resource, happened.survivor_id
        return
    if not isinstance(happened, RecordEvent):
        for name, kind in _links(installed).items():
            if getattr(happened, name, None) is not None:
                yield kind, getattr(happened, name)
        return
    entry = installed.entries[happened.resource]
    if entry.resource.timeline and not _is_merged(entry, happened.id):
        yield happened.resource, happened.id
    if not (entry.resource.timeline and entry.plugin.core):
        yield from _of_record(entry, happened.id)


def _is_merged(entry: Entry, key: UUID) -> bool:
    """Its own end is no news: the other one tells of the merge."""
    row: Any = db.session.get(entry.model, key) if entry.is_mergeable else None
    return row is not None and row.merged_into_id is not None


def _of_record(entry: Entry, key: UUID) -> Iterator[tuple[str, UUID]]:
    """Which records it belongs to, or hangs on; none when it is gone already."""
    row: Any = db.session.get(entry.model, key)
    if row is None:
        return
    models = told_of(registry())
    kinds = {model: kind for kind, model in models.items()}
    for field in entry.fields.values():
        target = field.target() if field.kind == "belongs_to" and field.target else None
        if target in kinds and getattr(row, field.column) is not None:
            yield kinds[target], getattr(row, field.column)
    if "target_id" in entry.fields and row.target_type in models:
        yield row.target_type, row.target_id
