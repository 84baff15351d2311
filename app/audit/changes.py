"""What happened to rows, as it is noticed; and what is told of it once the transaction is about to be committed.

A row that lives in another one's form (a contact's phone number) is told in that one's entry, so that a record's
history is whole. Several changes of one record in one transaction are told as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from app.data import Record
from app.data.base import snake_case
from app.data.owners import owner_of
from app.data.record import label_fields, label_words
from app.host import Registry

Verb = Literal["create", "update", "delete", "trash", "restore"]
Fields = dict[str, list[Any]]


@dataclass(slots=True)
class RowChange:
    """One row was written. `label` is what it is called, `parents` the ids in its relations by column."""

    model: type[Record]
    tenant_id: UUID
    id: UUID
    verb: Verb
    fields: Fields
    label: str
    parents: Mapping[str, UUID | None]


@dataclass(slots=True)
class Remark:
    """Something that is told though it is no change of a row: an action, a refusal. It may be about a record."""

    tenant_id: UUID
    action: str
    target_type: str = ""
    target_id: UUID | None = None
    label: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """An entry in the making: `body` is what its JSON will hold."""

    target_type: str
    target_id: UUID | None
    verb: str = "update"
    action: str = ""
    """The full name of what was done when it is more than a verb (`console.member.give_role`)."""
    label: str | None = None
    model: type[Record] | None = None
    fields: Fields = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Collection -> row id -> `{"verb", "label", "fields"}`."""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.action or f"{self.target_type}.{self.verb}"

    @property
    def body(self) -> dict[str, Any]:
        parts = {"fields": self.fields, "rows": self.rows, "details": self.details}
        return {name: part for name, part in parts.items() if part}


def type_of(model: type[Record], registry: Registry | None) -> str:
    """What records of a model are called in the log: the key of their resource, else by owner and class."""
    entry = registry.by_model.get(model) if registry is not None else None
    return entry.key if entry is not None else f"{owner_of(model.__module__)}.{snake_case(model.__name__)}"


def gather(noticed: Iterable[RowChange | Remark], registry: Registry | None) -> list[Told]:
    """One entry for each record, in the order in which they were first touched."""
    found: dict[Any, Told] = {}
    for at, one in enumerate(noticed):
        if isinstance(one, RowChange):
            _add_row(found, one, registry)
        else:
            key = (one.target_type, one.target_id) if one.target_id else ("", at)
            told = found.setdefault(key, Told(one.target_type, one.target_id, label=one.label))
            told.action, told.details = one.action, {**told.details, **one.details}
    return [told for told in found.values() if told.body or told.action or told.verb != "update"]


def _add_row(found: dict[Any, Told], one: RowChange, registry: Registry | None) -> None:
    home = registry.homes.get(one.model) if registry is not None else None
    parent_id = one.parents.get(f"{home[1].reverse}_id") if home is not None else None
    if home is None or parent_id is None:
        key = type_of(one.model, registry), one.id
        told = found.setdefault(key, Told(*key, model=one.model))
        told.model, told.label = one.model, one.label or told.label
        told.verb = _together(told.verb, one.verb)
        told.fields = _merged(told.fields, one.fields)
        if told.verb == "nothing":
            del found[key]
        return
    parent, collection = home
    key = parent.key, parent_id
    told = found.setdefault(key, Told(*key, model=parent.model))
    rows = told.rows.setdefault(collection.name, {})
    _add_child(rows, one)
    if not rows:
        del told.rows[collection.name]


def _add_child(rows: dict[str, dict[str, Any]], one: RowChange) -> None:
    key = str(one.id)
    known = rows.get(key, {"verb": "update", "fields": {}})
    verb = _together(known["verb"], one.verb)
    rows[key] = {"verb": verb, "label": one.label, "fields": _merged(known["fields"], one.fields)}
    if verb == "nothing":
        del rows[key]


def _together(first: str, then: str) -> str:
    """Two things that happened to one record, as one."""
    if first == "create":
        return "nothing" if then == "delete" else "create"
    return first if then == "update" else then


def _merged(first: Fields, then: Fields) -> Fields:
    """The earliest before and the latest after of each field; what came back to where it was is not told."""
    if not first:
        return then
    both = dict(first)
    for name, (was, now) in then.items():
        both[name] = [both[name][0] if name in both else was, now]
    return {name: pair for name, pair in both.items() if pair[0] != pair[1] or pair[0] == "•••"}


def label_from(model: type[Record], values: Mapping[str, Any]) -> str:
    """What a row with these column values is called."""
    names = label_fields(model)
    if len(names) == 1 and isinstance(only := values.get(names[0]), str) and not model.__fields__[names[0]].choices:
        return only[:255]
    return label_words(model, [values.get(name) for name in names])[:255]
