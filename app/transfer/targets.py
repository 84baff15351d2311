"""Where a column of a file belongs: one value of a record, named by a path. Imports and exports share them.

`plate` and `custom.fleet` are fields; `owner` is a related record by its label or any of its keys, `owner.id` by its id
alone; `channels.2.value` is a value of the second inline row, `channels.email1.value` of the first one whose choice is
`email`; `id` is the record itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.data import Choice, Field, Record
from app.data.codes import Codes
from app.data.record import label_fields
from app.screens.reading import Surface
from app.screens.writing.submission import inline_fields

ID = Field("record_id", "id", _l("Id"))
OFFERED_ROWS = 3
"""Inline rows that are offered in lists of targets; a path may name more."""
MOST_ROWS = 50
_GROUP = re.compile(r"([a-z][a-z_]*?)?(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Target:
    """One value: `field` says how it is read and written. `group` is the inline row, `preset` what it starts with."""

    path: str
    label: str
    field: Field
    collection: str = ""
    group: str = ""
    preset: tuple[str, str] | None = None
    companion: str = ""
    """The relation whose record the value describes."""

    @property
    def is_id(self) -> bool:
        """The record's own id, or the bare id of a related one."""
        return self.path == "id" or (self.field.picks and self.path.endswith(f"{self.field.name}.id"))


def writable(surface: Surface) -> dict[str, Target]:
    """What an import may fill, by path, inline rows as far as they are offered; the record's id to be found by."""
    found = {"id": Target("id", str(ID.words), ID)}
    for field in surface.importable(is_new=True).values():
        found |= {one.path: one for one in _of_field(field)}
    for collection in surface.inlines().values():
        found |= {one.path: one for one in _offered(surface, collection)}
    return found | {one.path: one for one in _described(surface)}


def _described(surface: Surface) -> Iterator[Target]:
    """What may be said of related records that a line describes, where the relation may be filled in."""
    for companion in surface.entry.resource.companions:
        relation = surface.editable(is_new=True).get(companion.relation)
        for name, field in companion.fields.items() if relation is not None else ():
            named = field.named(name, False)
            path, label = f"{companion.relation}.{name}", f"{relation.words}: {named.words}"  # type: ignore[union-attr]
            yield Target(path, label, named, companion=companion.relation)


def target_at(surface: Surface, path: str) -> Target | None:
    """The target of a path, beyond those that are offered; None for what this person may not fill."""
    offered = writable(surface)
    if path in offered:
        return offered[path]
    name, _dot, rest = path.partition(".")
    collection = surface.inlines().get(name)
    group, _dot, inner = rest.partition(".")
    if collection is None or not inner:
        return None
    field = _child_fields(surface, collection).get(inner.removesuffix(".id"))
    return _in_group(collection, group, field, child_choice(surface, collection)) if field is not None else None


def _of_field(field: Field, prefix: str = "", heading: str = "") -> Iterator[Target]:
    label = f"{heading}{field.words}"
    yield Target(prefix + field.name, label, field)
    if field.picks:
        yield Target(f"{prefix}{field.name}.id", _("%(field)s (id)", field=label), field)


def _offered(surface: Surface, collection: Field) -> Iterator[Target]:
    fields = _child_fields(surface, collection)
    chooser, main = child_choice(surface, collection), main_field(collection)
    if chooser is not None and main in fields:
        for choice in chooser.choices:
            for number in range(1, OFFERED_ROWS + 1):
                found = _in_group(collection, f"{choice.value}{number}", fields[main], chooser)
                if found is not None:
                    yield found
    for number in range(1, OFFERED_ROWS + 1):
        for field in fields.values():
            found = _in_group(collection, str(number), field, chooser)
            if found is not None:
                yield found


def _in_group(collection: Field, group: str, field: Field, chooser: Field | None) -> Target | None:
    match = _GROUP.fullmatch(group)
    if match is None or not 1 <= int(match[2]) <= MOST_ROWS or str(int(match[2])) != match[2]:
        return None
    choice = _choice(chooser, match[1]) if match[1] else None
    if match[1] and (choice is None or chooser is None or field.name == chooser.name):
        return None
    number = match[2]
    heading = f"{collection.words} {number}: {field.words}"
    if choice is not None:
        heading = choice.words if number == "1" else f"{choice.words} {number}"
        heading = heading if field.name == main_field(collection) else f"{heading}: {field.words}"
    preset = (chooser.name, choice.value) if chooser is not None and choice is not None else None
    return Target(f"{collection.name}.{group}.{field.name}", heading, field, collection.name, group, preset)


def _choice(chooser: Field | None, value: str) -> Choice | None:
    return next((one for one in chooser.choices if one.value == value), None) if chooser is not None else None


def _child_fields(surface: Surface, collection: Field) -> dict[str, Field]:
    fields = inline_fields(surface, collection, surface.target(collection))
    return {name: field for name, field in fields.items() if field.kind != "has_many"}


def child_choice(surface: Surface, collection: Field) -> Field | None:
    """The choice that says what an inline row is: the first one that can be filled in."""
    return next((field for field in _child_fields(surface, collection).values() if is_sort(field)), None)


def is_sort(field: Field) -> bool:
    """May it say what an inline row is? A country of an address does not."""
    return field.kind == "choice" and not isinstance(field.choices, Codes)


def main_field(collection: Field) -> str:
    """The field an inline row is called by; empty when it has none of its own."""
    model: type[Record] = collection.target()  # type: ignore[misc]
    return label_fields(model)[0] if label_fields(model) else ""


def readable(surface: Surface, rows: dict[str, int]) -> dict[str, Target]:
    """What an export may hold, by path. `rows` says how many inline rows the longest record has, by collection."""
    found = {"id": Target("id", str(ID.words), ID)}
    for field in surface.fields.values():
        if field.kind != "has_many" and field.name != "deleted_at":
            found |= {one.path: one for one in _of_field(field)}
    for name in surface.entry.resource.inlines.split():
        if name in surface.fields:
            found |= {one.path: one for one in _rows(surface, surface.fields[name], rows.get(name, 0))}
    return found


def _rows(surface: Surface, collection: Field, count: int) -> Iterator[Target]:
    child = surface.target(collection)
    model: type[Record] = collection.target()  # type: ignore[misc]
    fields = child.fields if child is not None else model.__fields__
    shown = [f for n, f in fields.items() if n != collection.reverse and f.kind != "has_many" and n in model.__fields__]
    for number in range(1, min(count, MOST_ROWS) + 1):
        for field in shown:
            found = _in_group(collection, str(number), field, None)
            if found is not None:
                yield replace(found, label=f"{collection.words} {number}: {field.words}")
