"""The words of `tenantry plugin new`: what a person typed, as records and fields, or a sentence about what is wrong.

read("garage", ["Vehicle plate:text! owner:contact", "Repair vehicle:vehicle! status:choice(booked,done)"])
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from app.data import Record
from app.data.base import snake_case
from app.host.claims import RESERVED
from app.host.declarations import NAME

COLUMNS = {
    "text": "str", "long_text": "str", "choice": "str", "integer": "int", "decimal": "Decimal", "flag": "bool",
    "day": "date", "moment": "datetime", "json": "Any", "tags": "list[str]", "phone": "str", "email": "str",
    "url": "str", "money": "Money", "image": "str", "record_id": "UUID",
}  # fmt: skip
"""Column helpers of the SDK, and what their attribute holds."""
OFTEN_TYPED = {
    "string": "text", "str": "text", "char": "text", "varchar": "text", "textarea": "long_text", "date": "day",
    "datetime": "moment", "time": "moment", "timestamp": "moment", "int": "integer", "float": "decimal",
    "number": "decimal", "bool": "flag", "boolean": "flag", "enum": "choice", "select": "choice", "price": "money",
    "currency": "money", "user": "member", "person": "contact", "link": "url", "uuid": "record_id",
    "picture": "image", "photo": "image", "logo": "image", "img": "image",
}  # fmt: skip
"""What others call these types."""
SHARED = {"contact": "Contact", "company": "Company", "member": "Member"}
"""Records of the core that every plugin may refer to."""
_RECORD = re.compile(r"[A-Z][A-Za-z0-9]{0,39}")
_FIELD = re.compile(r"(?P<name>[^:]+):(?P<kind>[a-z_]+)(\((?P<values>[^)]*)\))?(?P<required>!?)")
_VALUE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAKEN = {*dir(Record), "deleted_at", "deleted_by", "archived_at", "date", "datetime"}


class Refused(ValueError):
    """What was typed cannot become a plugin; the message says why."""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field: a column helper with its choices, or a relation to `target`."""

    name: str
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()
    target: str = ""
    """Class name of the record that a relation leads to; empty for a column."""

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class RecordWords:
    """One record: a class name and its fields."""

    name: str
    fields: tuple[FieldWords, ...]

    @property
    def key(self) -> str:
        return snake_case(self.name)

    @property
    def title(self) -> str:
        return self.key.replace("_", " ").capitalize()

    def names_of(self, *kinds: str) -> list[str]:
        """The fields of these kinds, in their order."""
        return [field.name for field in self.fields if field.kind in kinds]


@dataclass(frozen=True, slots=True)
class PluginWords:
    """A plugin: its one name and its records; of a bridge also the plugins it joins."""

    name: str
    records: tuple[RecordWords, ...]
    joins: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    @property
    def package(self) -> str:
        """The importable package, prefixed so that no plugin hides a module of somebody else."""
        return f"tenantry_{self.name}"

    @property
    def project(self) -> str:
        return self.package.replace("_", "-")


def read(name: str, records: Sequence[str], joins: str = "") -> PluginWords:
    """The plugin that these words describe, a bridge where it `joins` others (`crm helpdesk`). Raises Refused."""
    if not NAME.fullmatch(name) or name in RESERVED or name.startswith("pg_") or keyword.iskeyword(name):
        raise Refused(f"“{name}” cannot be a plugin's name: lower case letters, digits and _, not reserved.")
    if not records:
        raise Refused('A plugin needs a record, for example: "Vehicle plate:text! owner:contact".')
    split = [line.split() or [""] for line in records]
    known = {snake_case(words[0]): words[0] for words in split}
    for words in split:
        _check_record_name(words[0])
    if len(known) < len(split):
        raise Refused("Two records have the same name.")
    found = tuple(_record(words, {**SHARED, **known}) for words in split)
    _check_circles(found)
    return PluginWords(name, found, _joined(name, joins))


def _joined(name: str, joins: str) -> tuple[str, ...]:
    sides = tuple(dict.fromkeys(joins.replace(",", " ").split()))
    if sides and (len(sides) < 2 or name in sides or not all(NAME.fullmatch(one) for one in sides)):
        raise Refused('A bridge joins two other plugins or more, for example: --bridge "crm helpdesk".')
    return sides


def _check_circles(records: Sequence[RecordWords]) -> None:
    """Tables are made one after the other, so a circle needs a second migration."""
    leads_to = {one.name: {field.target for field in one.fields} - {"", one.name} for one in records}
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as error:
        circle = " and ".join(dict.fromkeys(error.args[1]))
        raise Refused(f"{circle} refer to each other in a circle: leave one relation out and add it later.") from None


def _check_record_name(name: str) -> None:
    key = snake_case(name)
    if not _RECORD.fullmatch(name) or key in SHARED or key in COLUMNS or name in COLUMNS.values() or name == "Record":
        raise Refused(f"“{name}” cannot be a record's name: begin with a capital letter, and take no name of the core.")


def _record(words: Sequence[str], targets: dict[str, str]) -> RecordWords:
    name, *fields = words
    if not fields:
        raise Refused(f"The record {name} has no fields, for example: {name} title:text!")
    found = tuple(_field(name, word, targets) for word in fields)
    names = [field.name for field in found]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice:
        raise Refused(f"{name} has two fields called “{twice}”.")
    return RecordWords(name, found)


def _field(record: str, word: str, targets: dict[str, str]) -> FieldWords:
    match = _FIELD.fullmatch(word)
    if match is None:
        raise Refused(
            f"{record}: “{word}” is not a field. Write name:type, name:type! when it is required,"
            " or name:choice(one,two) without blanks."
        )
    name, kind, given, required = match["name"], match["kind"], match["values"], match["required"] == "!"
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or name in _TAKEN or f"{name}_id" in _TAKEN:
        raise Refused(f"{record}: a field cannot be called “{name}”.")
    if kind in targets:
        return FieldWords(name, "belongs_to", required, target=targets[kind])
    if kind not in COLUMNS:
        near = [OFTEN_TYPED[kind]] if kind in OFTEN_TYPED else get_close_matches(kind, [*COLUMNS, *targets], 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Refused(f"{record}.{name}: there is no type “{kind}”.{hint} Types: {', '.join([*COLUMNS, *targets])}.")
    return FieldWords(name, kind, required, _choices(f"{record}.{name}", kind, given))


def _choices(where: str, kind: str, given: str | None) -> tuple[str, ...]:
    values = tuple(one for one in (given or "").split(",") if one)
    if kind != "choice" and given is not None:
        raise Refused(f"{where}: only a choice has values in brackets.")
    if kind == "choice" and not values:
        raise Refused(f"{where}: a choice needs its values: choice(booked,in_work,done).")
    wrong = next((one for one in values if not _VALUE.fullmatch(one) or values.count(one) > 1), None)
    if wrong:
        raise Refused(f"{where}: “{wrong}” is not a value: lower case letters, digits and _, each once.")
    return values
