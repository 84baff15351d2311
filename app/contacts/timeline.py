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
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data import Record, db, moment, record_id
from app.data import text as text_field
from app.host import Entry, Event, Occurrence, Registry, registry
from app.host.events import EventType, RecordEvent
from app.host.happenings import words_of
from app.identity.locale import listed
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
    words, models = _words(happened, told), told_of(registry())
    for kind, key in set(_about(happened)):
        if db.session.get(models[kind], key) is not None:
            db.session.add(
                TimelineEntry(
                    target_type=kind, target_id=key, words=words[:500], event_name=told.name, event_id=told.id,
                    at=told.at, created_by=told.actor_id,
                )
            )  # fmt: skip


def _words(happened: Event, told: Occurrence) -> str:
    installed = registry()
    words = words_of(installed.happenings.types[told.name], installed.entries)
    if isinstance(happened, RecordEvent) and happened.via == "import":
        if told.name.endswith("_created"):
            return str(_("Imported: %(what)s.", what=installed.entries[happened.resource].resource.words))
        words = str(_("By an import: %(what)s", what=words))
    if isinstance(happened, RecordEvent) and happened.changed:
        fields = installed.entries[happened.resource].fields
        names = [fields[name].words for name in happened.changed if name in fields]
        return str(_("%(what)s Changed: %(names)s.", what=words, names=listed(names))) if names else words
    return words


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
