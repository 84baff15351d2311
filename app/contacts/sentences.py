"""What happened, in a plain sentence for people, in the language of whoever reads it.

A timeline entry keeps the facts of an event; the sentence is written when it is read, and names no field and no row
that its reader may not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.data import Record, db
from app.data.record import label_fields
from app.events.coding import load
from app.host import Entry, Event, Registry, registry
from app.host.events import EventType, RecordEvent
from app.identity.locale import listed
from app.screens.reading import Surface

Facts = Mapping[str, Any]


def sentence(facts: Facts) -> str:
    """Of an entry as it is stored: `words`, `name`, and `facts`, which old entries have not."""
    kept = facts["facts"]
    kind = registry().happenings.types.get(facts["name"]) if kept else None
    if kind is None:
        return str(facts["words"])
    return told_of_event(kind, load(kind.event, kept["event"]), kept.get("label", ""))


def told_of_event(kind: EventType, happened: Event, label: str = "") -> str:
    """The sentence of an event that is at hand."""
    if isinstance(happened, RecordEvent):
        return _of_record(registry().entries[happened.resource], kind.words, happened, label)
    told = type(happened).told
    return str(told(happened) if callable(told) else told or kind.words)


def _of_record(entry: Entry, change: str, happened: RecordEvent, label: str) -> str:
    """`change` is created, updated or deleted."""
    surface = Surface(entry, db.session())
    is_import = happened.via == "import"
    what = entry.resource.words
    if label and surface.may("read") and set(label_fields(entry.model)) <= set(surface.fields):
        what = _("%(kind)s “%(name)s”", kind=what, name=label)
    names = [surface.fields[name].words for name in happened.changed if name in surface.fields]
    if change == "updated" and names:
        said = _("%(what)s changed: %(names)s", what=what, names=listed(names))
        return str(_("%(what)s, by an import", what=said) if is_import else said)
    if change == "created":
        return str(_("%(what)s imported", what=what) if is_import else _("%(what)s added", what=what))
    return str(_("%(what)s changed", what=what) if change == "updated" else _("%(what)s removed", what=what))


def label_for(installed: Registry, entry: Entry, row: Record | None, target: str) -> str:
    """What a row inside the record `target` is called; nothing for others, which may be out of the reader's reach."""
    wholes = [whole.key for whole, _link in installed.wholes.get(entry.model, ())]
    return row.told() if row is not None and target in wholes else ""
