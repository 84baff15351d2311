"""What a plugin says of events: which happen in it, and which it wants to hear of.

    @dataclass(frozen=True)
    class RepairFinished(Event, name="garage.repair_finished"):
        \"""A repair is done and paid; the vehicle can be fetched.\"""

        repair_id: Annotated[UUID, "The repair."]
        hours: Annotated[int | None, "Hours of work, when they were noted."] = None

    @hookimpl
    def events():
        return [RepairFinished]

    @hookimpl
    def handlers():
        return [Handler(RepairFinished, tell_owner)]

Besides, every resource has three events of its own: `<plugin>.<resource>_created`, `..._updated` and `..._deleted`.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

ANY = "*"
"""The name of a handler's event when it hears of all."""
SIMPLE = (str, int, bool, UUID, datetime, date, Decimal)
"""What the fields of an event may be, alone, with `None`, or as `tuple[..., ...]`: ids and facts, not records."""


@dataclass(frozen=True)
class Event:
    """Something that happened: a frozen dataclass of ids and facts, named `<plugin>.<noun>_<past verb>`.

    The docstring and the `Annotated` words of the fields are its documentation, shown to those who choose webhooks.
    `told` is the sentence that timelines show to people, translatable, or a function that makes it of the event;
    without one they show the docstring. Raise `version` when a field changes its meaning or goes; new fields with a
    default need no new version.
    """

    name: ClassVar[str] = ""
    told: ClassVar[Any] = None
    version: ClassVar[int] = 1

    def __init_subclass__(cls, *, name: str = "", version: int = 1, told: Any = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.name, cls.version, cls.told = name, version, told


@dataclass(frozen=True)
class RecordEvent(Event):
    """A record of a resource was written; what it holds now can be read over REST."""

    id: Annotated[UUID, "The record."]
    resource: Annotated[str, "What it is a record of, such as contacts.contact."]
    changed: Annotated[tuple[str, ...], "The names of the fields that were changed."] = ()
    via: Annotated[str, "By which way: screen, rest, job, import, cli or system."] = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What is known about an event beside its own fields. `id` is the same at every attempt; `request_id` is that of
    whatever led to it."""

    id: UUID
    name: str
    at: datetime
    aggregate_type: str
    aggregate_id: UUID | None
    actor_id: UUID | None
    attempt: int
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that runs once for each event, in a job of its own: `run(event, occurrence)`.

    `event` is the class, or the name for events of resources and of plugins that may be absent. The function's writes
    and the note that it has run are committed together; an error is tried again with growing pauses, then kept for a
    person. Events of one aggregate come in order. `name` is unique in the plugin (the function's name by default).
    `wanted()` narrows a handler of `ANY` to the event names that the tenant in force wants. A `batch` of more than one
    lets one job handle so many events together, and each by itself when one of them fails: for functions that do
    nothing but read and write rows, since what they wrote is taken back then and they are called again.
    """

    event: type[Event] | str
    run: Callable[[Any, Occurrence], None]
    name: str = ""
    attempts: int = 8
    wanted: Callable[[], Collection[str]] | None = None
    batch: int = 1

    @property
    def event_name(self) -> str:
        return self.event if isinstance(self.event, str) else self.event.name

    @property
    def key_name(self) -> str:
        return self.name or self.run.__name__


@dataclass(frozen=True, slots=True)
class EventField:
    """One field of an event, documented."""

    name: str
    type: Any
    many: bool
    optional: bool
    words: str


@dataclass(frozen=True, slots=True)
class EventType:
    """An event in its place: the plugin it is of, its class, its documentation."""

    name: str
    plugin: str
    event: type[Event]
    words: str

    @property
    def version(self) -> int:
        return self.event.version

    @property
    def fields(self) -> tuple[EventField, ...]:
        return fields_of(self.event)


_FIELDS: dict[type[Event], tuple[EventField, ...]] = {}


def fields_of(event: type[Event]) -> tuple[EventField, ...]:
    """The fields of an event class. Raises TypeError for one that cannot travel."""
    if event not in _FIELDS:
        _FIELDS[event] = tuple(_fields_of(event))
    return _FIELDS[event]


def _fields_of(event: type[Event]) -> Iterator[EventField]:
    hints = typing.get_type_hints(event, include_extras=True)
    for field in dataclasses.fields(event):
        hint, words = hints[field.name], ""
        if typing.get_origin(hint) is Annotated:
            words = str(hint.__metadata__[0])
            hint = hint.__origin__
        kind, optional = _without_none(hint)
        many = typing.get_origin(kind) is tuple
        kind = typing.get_args(kind)[0] if many else kind
        if kind not in SIMPLE:
            raise TypeError(f"{event.__name__}.{field.name}: a {kind} cannot travel in an event.")
        yield EventField(field.name, kind, many, optional, words)


def _without_none(hint: Any) -> tuple[Any, bool]:
    options = [one for one in typing.get_args(hint) if one is not type(None)]
    if len(options) < len(typing.get_args(hint)) and len(options) == 1:
        return options[0], True
    return hint, False


def documentation(event: type[Event]) -> str:
    """The docstring of the class itself as one line; empty when it has none of its own."""
    own = event.__dict__.get("__doc__") or ""
    generated = own.startswith(f"{event.__name__}(")  # what dataclass writes when there is none
    return "" if generated else " ".join(inspect.cleandoc(own).split())
