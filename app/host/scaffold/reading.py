"""The words of `tenantry plugin new`: what a person typed, as records and fields, or a sentence about what is wrong.

read("garage", ["Vehicle plate:text! owner:contact", "Repair vehicle:vehicle! status:choice(booked,done)"])
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from app.data import Record
from app.data.base import snake_case
from app.data.fields import SORTABLE_KINDS
from app.host.claims import RESERVED
from app.host.declarations import NAME

COLUMNS = {
    "text": "str", "long_text": "str", "choice": "str", "integer": "int", "decimal": "Decimal", "flag": "bool",
    "day": "date", "moment": "datetime", "json": "Any", "tags": "list[str]", "phone": "str", "email": "str",
    "url": "str", "money": "Money", "image": "str", "country": "str", "language": "str", "time_zone": "str",
    "record_id": "UUID", "record_link": "UUID", "sealed": "str",
}  # fmt: skip
"""Column helpers of the SDK, and what their attribute holds."""
OFTEN_TYPED = {
    "string": "text", "str": "text", "char": "text", "varchar": "text", "textarea": "long_text", "date": "day",
    "datetime": "moment", "time": "moment", "timestamp": "moment", "int": "integer", "float": "decimal",
    "number": "decimal", "bool": "flag", "boolean": "flag", "enum": "choice", "select": "choice", "price": "money",
    "currency": "money", "user": "member", "person": "contact", "uuid": "record_id", "secret": "sealed",
    "password": "sealed", "has_many": "many", "timezone": "time_zone",
    "picture": "image", "photo": "image", "logo": "image", "img": "image",
}  # fmt: skip
"""What others call these types."""
TYPES = (*(kind for kind in COLUMNS if kind != "record_link"), "link", "many")
"""What may be typed: `link(crm.lead)` is a record of another plugin, `many(line)` are rows inside the form."""
OPTIONS = {
    "unique": frozenset({"text", "email", "phone", "url"}),
    "sortable": SORTABLE_KINDS,
    "default": frozenset({"text", "long_text", "choice", "integer", "decimal", "flag"}),
}
"""What may stand in brackets, `text(unique,sortable)` or `integer(default=4)`, by the types that take it."""
SHARED = {"contact": "Contact", "company": "Company", "member": "Member"}
"""Records of the core that every plugin may refer to."""
_IMPORTED = frozenset({"Record", "Plugin", "Resource", "Mapped", "Needs"})
_RECORD = re.compile(r"[A-Z][A-Za-z0-9]{0,39}")
_FIELD = re.compile(r"(?P<name>[^:]+):(?P<kind>[a-z_]+)(\((?P<values>[^)]*)\))?(?P<required>!?)")
_VALUE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEY = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
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
    """Class name of the record that a relation leads to, or the key of one of another plugin; empty for a column."""
    reverse: str = ""
    """Of rows inside the form: their field that leads back."""
    is_inner: bool = False
    """Whether it is such a field: the rows go with what they lead to."""
    options: tuple[str, ...] = ()
    """`unique`, `sortable`."""
    default: str = ""

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

    @property
    def people(self) -> list[FieldWords]:
        """The fields that lead to a person."""
        return [field for field in self.fields if field.kind == "belongs_to" and field.target == "Contact"]

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
    def shown(self) -> tuple[RecordWords, ...]:
        """The records with screens of their own: all but rows inside the form of another one."""
        inner = {field.target for one in self.records for field in one.fields if field.kind == "has_many"}
        return tuple(one for one in self.records if one.name not in inner)

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
    found = _led_back(found)
    _check_circles(found)
    return PluginWords(name, found, _joined(name, joins))


def _led_back(records: Sequence[RecordWords]) -> tuple[RecordWords, ...]:
    """With the fields by which rows inside a form lead back to what they are part of."""
    known = {one.name: one for one in records}
    found = [replace(one, fields=tuple(_with_reverse(one, field, known) for field in one.fields)) for one in records]
    inner = {(field.target, field.reverse) for one in found for field in one.fields if field.reverse}
    return tuple(
        replace(one, fields=tuple(replace(field, is_inner=(one.name, field.name) in inner) for field in one.fields))
        for one in found
    )


def _with_reverse(record: RecordWords, field: FieldWords, known: Mapping[str, RecordWords]) -> FieldWords:
    if field.kind != "has_many":
        return field
    back = [one.name for one in known[field.target].fields if one.target == record.name]
    if not back or field.target == record.name:
        example = f"{record.key}:{record.key}!"
        raise Refused(f"{record.name}.{field.name}: {field.target} must lead back to it, by {example}")
    return replace(field, reverse=back[0])


def _joined(name: str, joins: str) -> tuple[str, ...]:
    sides = tuple(dict.fromkeys(joins.replace(",", " ").split()))
    if sides and (len(sides) < 2 or name in sides or not all(NAME.fullmatch(one) for one in sides)):
        raise Refused('A bridge joins two other plugins or more, for example: --bridge "crm helpdesk".')
    return sides


def _check_circles(records: Sequence[RecordWords]) -> None:
    """Tables are made one after the other, so a circle needs a second migration."""
    leads_to = {
        one.name: {field.target for field in one.fields if field.kind == "belongs_to"} - {one.name} for one in records
    }
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as error:
        circle = " and ".join(dict.fromkeys(error.args[1]))
        raise Refused(f"{circle} refer to each other in a circle: leave one relation out and add it later.") from None


def _check_record_name(name: str) -> None:
    key = snake_case(name)
    if not _RECORD.fullmatch(name) or key in SHARED or key in COLUMNS or name in COLUMNS.values() or name in _IMPORTED:
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
    where = f"{record}.{name}"
    if kind in targets and given is None:
        return FieldWords(name, "belongs_to", required, target=targets[kind])
    if kind == "link":
        return FieldWords(name, "record_link", required, target=_linked(where, given or ""))
    if kind == "many":
        return FieldWords(name, "has_many", target=_many(where, given or "", targets))
    if kind not in TYPES:
        known = ", ".join([*TYPES, *targets])
        raise Refused(f"{where}: there is no type “{kind}”.{_near(kind, targets)} Types: {known}.")
    return _column(where, FieldWords(name, kind, required), [one for one in (given or "").split(",") if one])


def _near(kind: str, targets: Iterable[str]) -> str:
    if kind in ("file", "attachment", "document"):
        return " Files can be attached to every record as it is."
    near = [OFTEN_TYPED[kind]] if kind in OFTEN_TYPED else get_close_matches(kind, [*TYPES, *targets], 1)
    return f" Did you mean {near[0]}?" if near else ""


def _linked(where: str, key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Refused(f"{where}: a link names the record of another plugin: link(crm.lead).")
    return key


def _many(where: str, kind: str, targets: Mapping[str, str]) -> str:
    if kind not in targets or kind in SHARED:
        raise Refused(f"{where}: many names a record of this plugin: many(line).")
    return targets[kind]


def _column(where: str, field: FieldWords, given: Sequence[str]) -> FieldWords:
    """The field with what stands in its brackets: options, and the values of a choice."""
    default = next((one.partition("=")[2] for one in given if one.startswith("default=")), "")
    options = tuple(one for one in given if one == "sortable" or (one == "unique" and field.kind != "choice"))
    values = tuple(one for one in given if one not in options and not one.startswith("default="))
    for option in (*options, *(["default"] if default else [])):
        if field.kind not in OPTIONS[option]:
            raise Refused(f"{where}: {field.kind} cannot be {option}; {', '.join(sorted(OPTIONS[option]))} can.")
    choices = _choices(where, field.kind, values)
    return replace(field, choices=choices, options=options, default=_default(where, field.kind, choices, default))


def _default(where: str, kind: str, choices: Sequence[str], default: str) -> str:
    is_sound = {
        "choice": default in choices, "flag": default in ("yes", "no"), "integer": default.lstrip("-").isdecimal(),
        "decimal": bool(re.fullmatch(r"-?\d+(\.\d+)?", default)),
    }.get(kind, '"' not in default and "\\" not in default)  # fmt: skip
    if default and not is_sound:
        raise Refused(f"{where}: “{default}” is no default of a {kind}.")
    return default


def _choices(where: str, kind: str, values: tuple[str, ...]) -> tuple[str, ...]:
    if kind != "choice" and values:
        known = ", ".join(name for name, kinds in OPTIONS.items() if kind in kinds) or "nothing"
        raise Refused(f"{where}: “{values[0]}” is no option of {kind} ({known}); only a choice has values in brackets.")
    if kind == "choice" and not values:
        raise Refused(f"{where}: a choice needs its values: choice(booked,in_work,done).")
    wrong = next((one for one in values if not _VALUE.fullmatch(one) or values.count(one) > 1), None)
    if wrong:
        raise Refused(f"{where}: “{wrong}” is not a value: lower case letters, digits and _, each once.")
    return values
