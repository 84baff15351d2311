"""Events, handlers and webhooks in of all plugins: asked, checked, and kept by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.host.claims import ClaimError
from app.host.declarations import NAME
from app.host.events import ANY, Event, EventType, Handler, RecordEvent, documentation, fields_of
from app.host.webhooks import WebhookIn

if TYPE_CHECKING:
    from app.host.asked import Asked
    from app.host.entry import Entry

_EVENT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9]*(_[a-z0-9]+)+")
CHANGES = ("created", "updated", "deleted")
_VERBS = {"create", "update", "delete"}


@dataclass(frozen=True, slots=True)
class Listener:
    """A handler in its place. `key` is `<plugin>.<name>`: the same over restarts, stored with each event."""

    plugin: str
    handler: Handler

    @property
    def key(self) -> str:
        return f"{self.plugin}.{self.handler.key_name}"


@dataclass(frozen=True)
class Happenings:
    """Frozen once built."""

    types: Mapping[str, EventType] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    inlets: Mapping[tuple[str, str], WebhookIn] = field(default_factory=dict)
    """Webhooks in, by plugin and name."""


def publishes(entry: Entry) -> bool:
    """Whether writing a record of this resource is an event: where nobody may write, nothing happens."""
    return bool(_VERBS & set(entry.verbs)) and entry.model.__publishes__


def event_name(entry: Entry, change: str) -> str:
    """`contacts.contact_created`."""
    return f"{entry.key}_{change}"


def gather(plugins: Sequence[Asked], entries: Mapping[str, Entry]) -> Happenings:
    """Ask every plugin in turn. Raises ClaimError."""
    types = {one.name: one for entry in entries.values() if publishes(entry) for one in _of_resource(entry)}
    listeners: dict[str, Listener] = {}
    inlets: dict[tuple[str, str], WebhookIn] = {}
    for asked in plugins:
        with asked.blame():
            for event in asked.all("events"):
                one = _own_type(asked.name, event)
                if one.name in types:
                    raise ClaimError(f"{asked.name}: the event “{one.name}” is declared twice.")
                types[one.name] = one
    names = {asked.name for asked in plugins}
    for asked in plugins:
        with asked.blame():
            for handler in asked.all("handlers"):
                listener = Listener(asked.name, asked.guard.handler(handler) if asked.guard else handler)
                _check_listener(listener, types, names, listeners)
                listeners[listener.key] = listener
            inlets |= _inlets(asked)
    return Happenings(MappingProxyType(types), MappingProxyType(listeners), MappingProxyType(inlets))


def _inlets(asked: Asked) -> dict[tuple[str, str], WebhookIn]:
    found: dict[tuple[str, str], WebhookIn] = {}
    of_payments = [one.inlet() for one in asked.all("payment_providers")]
    for inlet in (*asked.all("webhooks_in"), *of_payments):
        if not NAME.fullmatch(inlet.name) or (asked.name, inlet.name) in found:
            raise ClaimError(f"{asked.name}: the webhook “{inlet.name}” is not well-formed or declared twice.")
        found[asked.name, inlet.name] = asked.guard.inlet(inlet) if asked.guard else inlet
    return found


def _of_resource(entry: Entry) -> Sequence[EventType]:
    return [EventType(event_name(entry, change), entry.plugin.name, RecordEvent, change) for change in CHANGES]


def _own_type(plugin: str, event: type[Event]) -> EventType:
    where = f"{plugin}: the event {event.__name__}"
    if not _EVENT.fullmatch(event.name) or event.name.partition(".")[0] != plugin:
        raise ClaimError(f"{where} must be named {plugin}.<noun>_<past verb>, not “{event.name}”.")
    if not is_dataclass(event) or not event.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise ClaimError(f"{where} is not a frozen dataclass.")
    if not documentation(event):
        raise ClaimError(f"{where} has no docstring: others choose events by what it says.")
    try:
        undocumented = [one.name for one in fields_of(event) if not one.words]
    except (TypeError, NameError) as error:
        raise ClaimError(f"{where}: {error}") from None
    if undocumented:
        raise ClaimError(f'{where}: {", ".join(undocumented)} needs words: Annotated[<type>, "what it is"].')
    return EventType(event.name, plugin, event, documentation(event))


def _check_listener(
    listener: Listener, types: Mapping[str, EventType], installed: set[str], known: Mapping[str, Listener]
) -> None:
    name = listener.handler.event_name
    if not NAME.fullmatch(listener.handler.key_name) or listener.key in known:
        raise ClaimError(f"The handler name “{listener.key}” is not well-formed or declared twice.")
    if name != ANY and name not in types and name.partition(".")[0] in installed:
        raise ClaimError(f"The handler {listener.key} waits for “{name}”, which no plugin declares.")


def words_of(one: EventType, entries: Mapping[str, Entry]) -> str:
    """What an event is about, in the reader's language."""
    if one.event is not RecordEvent:
        told = one.event.told
        return one.words if told is None or callable(told) else str(told)
    resource = entries[one.name.rpartition("_")[0]].resource.words
    said = {
        "created": _("A record was created: %(what)s.", what=resource),
        "updated": _("A record was changed or came back from the trash: %(what)s.", what=resource),
        "deleted": _("A record was put into the trash or deleted: %(what)s.", what=resource),
    }
    return str(said[one.words])
