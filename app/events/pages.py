"""The page that documents every event: from the declarations, for those who choose webhooks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from app.events.coding import schema
from app.features.gate import plugin_is_on
from app.host import registry
from app.host.events import EventField, EventType, RecordEvent
from app.host.happenings import words_of
from app.identity.access import access
from app.identity.principal import principal

blueprint = Blueprint("event_types", __name__)


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field of an event, for readers."""

    name: str
    type: str
    words: str


@dataclass(frozen=True, slots=True)
class TypeWords:
    """One kind of event, for readers."""

    name: str
    version: int
    words: str
    fields: tuple[FieldWords, ...]
    example: str


@blueprint.get("/events/types/")
@access("events.event.read")
def types() -> str:
    """All kinds of events of the plugins that are on here, by plugin."""
    installed, person = registry(), principal()
    groups = []
    for plugin in installed.plugins:
        if person is not None and plugin_is_on(plugin.name, person):
            shown = [_words(one) for one in installed.happenings.types.values() if one.plugin == plugin.name]
            if shown:
                groups.append((str(plugin.title), shown))
    return render_template("events/types.html", title=_("All kinds of events"), groups=groups)


def _words(one: EventType) -> TypeWords:
    fields = tuple(FieldWords(field.name, _type(field), _about(one, field)) for field in one.fields)
    message = {
        "type": one.name,
        "timestamp": "2026-01-31T09:30:00+00:00",
        "id": _EXAMPLES["uuid"],
        "version": one.version,
        "data": {field.name: _example(one, field) for field in one.fields},
    }
    return TypeWords(one.name, one.version, words_of(one, registry().entries), fields, json.dumps(message, indent=2))


def _about(one: EventType, field: EventField) -> str:
    if one.event is not RecordEvent:
        return field.words
    said = {
        "id": _("The record."),
        "resource": _("What it is a record of."),
        "changed": _("The names of the fields that were changed."),
        "via": _("By which way: screen, rest, job, import, cli or system."),
    }
    return str(said[field.name])


def _type(field: EventField) -> str:
    found = schema(field)
    inner = found.get("items", found)
    kind = inner["type"] if isinstance(inner["type"], str) else inner["type"][0]
    name = inner.get("format", kind)
    return f"{name}[]" if field.many else name


_EXAMPLES: dict[str, Any] = {
    "uuid": "0195e6f2-7c1a-7b60-a1d5-3f2f6f0c9a11", "string": "…", "integer": 3, "boolean": True,
    "date-time": "2026-01-31T09:30:00+00:00", "date": "2026-01-31", "decimal": "1.50",
}  # fmt: skip


def _example(one: EventType, field: EventField) -> Any:
    if one.event is RecordEvent and field.name in ("resource", "via"):
        return one.name.rpartition("_")[0] if field.name == "resource" else "screen"
    example = _EXAMPLES[_type(field).removesuffix("[]")]
    return [example] if field.many else example
