"""A layout as it is arranged: what a form posted, and moving, adding and leaving out without any script.

The order of everything is the order of the controls called `item` (`section:s0`, `field:title`, `block:...`,
`column:...`); beside each stand its own settings (`place.title`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from app.host.layouts import LOOKS, PLACES, VIEWS, WIDTHS, Arranged, Part, PlacedField

LONGEST_TITLE = 100
Form = MultiDict[str, str]


def arranged_from(form: Form, languages: Sequence[str]) -> Arranged:
    """What somebody arranged; what is not well-formed is as usual."""
    parts: list[Part] = []
    blocks: list[tuple[str, bool]] = []
    columns: list[str] = []
    for item in form.getlist("item"):
        what, _colon, name = item.partition(":")
        if what == "section":
            parts.append(_part(form, name, languages))
        elif what == "field" and parts:
            placed = PlacedField(name, _one(form, f"place.{name}", PLACES), _one(form, f"width.{name}", WIDTHS))
            parts[-1] = replace(parts[-1], fields=(*parts[-1].fields, placed))
        elif what == "block":
            blocks.append((name, form.get(f"shown.{name}") == "1"))
        elif what == "column" and form.get(f"column.{name}") == "1":
            columns.append(name)
    view = form.get("view", "")
    return Arranged(tuple(parts), tuple(blocks), tuple(columns), form.get("sort", ""), view if view in VIEWS else "")


def _part(form: Form, key: str, languages: Sequence[str]) -> Part:
    typed = {one: form.get(f"title.{key}.{one}", "").replace("\x00", " ").strip() for one in languages}
    titles = {one: words[:LONGEST_TITLE] for one, words in typed.items() if words}
    return Part((), form.get(f"declared.{key}", ""), titles, _one(form, f"look.{key}", LOOKS))


def _one(form: Form, name: str, known: tuple[Any, ...]) -> Any:
    given = form.get(name, "")
    return given if given in known else known[0]


# --- changing it without a script ------------------------------------------------------------------------------------


def changed(arranged: Arranged, deed: str) -> Arranged:
    """After a button: `up field:title`, `down section:1`, `drop section:1`, `add`."""
    what, _blank, about = deed.partition(" ")
    kind, _colon, name = about.partition(":")
    if what == "add":
        return replace(arranged, parts=(*arranged.parts, Part()))
    step = {"up": -1, "down": 1}.get(what, 0)
    if kind == "section" and name.isdigit() and int(name) < len(arranged.parts):
        at = int(name)
        parts = _without(arranged.parts, at) if what == "drop" else _stepped(arranged.parts, at, step)
        return replace(arranged, parts=parts)
    if kind == "field":
        return replace(arranged, parts=_moved_field(arranged.parts, name, step))
    if kind == "block":
        names = [one for one, _shown in arranged.blocks]
        moved = _stepped(arranged.blocks, names.index(name), step) if name in names else arranged.blocks
        return replace(arranged, blocks=moved)
    if kind == "column" and name in arranged.columns:
        return replace(arranged, columns=_stepped(arranged.columns, arranged.columns.index(name), step))
    return arranged


def _stepped(items: Sequence[Any], at: int, step: int) -> tuple[Any, ...]:
    other = at + step
    found = list(items)
    if 0 <= other < len(found):
        found[at], found[other] = found[other], found[at]
    return tuple(found)


def _without(parts: tuple[Part, ...], at: int) -> tuple[Part, ...]:
    """A section goes, its fields go to the one before it (of the first: after it)."""
    if len(parts) < 2:
        return parts
    heir = at - 1 if at else 1
    fields = (*parts[heir].fields, *parts[at].fields) if at else (*parts[at].fields, *parts[heir].fields)
    kept = [replace(one, fields=fields) if place == heir else one for place, one in enumerate(parts)]
    return tuple(one for place, one in enumerate(kept) if place != at)


def _moved_field(parts: tuple[Part, ...], name: str, step: int) -> tuple[Part, ...]:
    """One place up or down; over the edge of its section into the next one."""
    for at, part in enumerate(parts):
        names = [one.name for one in part.fields]
        if name not in names:
            continue
        place = names.index(name)
        if 0 <= place + step < len(names):
            moved = replace(part, fields=_stepped(part.fields, place, step))
            return tuple(moved if one is part else one for one in parts)
        return _over_the_edge(parts, at, place, step)
    return parts


def _over_the_edge(parts: tuple[Part, ...], at: int, place: int, step: int) -> tuple[Part, ...]:
    other = at + step
    if not step or not 0 <= other < len(parts):
        return parts
    one = parts[at].fields[place]
    left = tuple(field for field in parts[at].fields if field is not one)
    there = (*parts[other].fields, one) if step < 0 else (one, *parts[other].fields)
    found = list(parts)
    found[at], found[other] = replace(parts[at], fields=left), replace(parts[other], fields=there)
    return tuple(found)


# --- what is on the page ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field to be placed; of one that is not here (its plugin is off) nothing but the place is kept."""

    name: str
    label: str
    place: str
    width: str
    is_required: bool = False
    is_here: bool = True
    is_readonly: bool = False


@dataclass(frozen=True, slots=True)
class SectionCard:
    """A section to be arranged. `titles` are language, its name and the tenant's own words."""

    key: str
    declared: str
    words: str
    titles: tuple[tuple[str, str, str], ...]
    look: str
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A related list, panel or column: its name, label, whether it is shown."""

    name: str
    label: str
    is_shown: bool
