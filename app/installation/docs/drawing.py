"""The records of a plugin and their relations as a picture: boxes in layers, whoever is referred to first.

Drawn on the server as SVG, so it needs no script; the reader's own colours, so it is right in the dark as well. Field
names are code and stay left to right in every language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from app.data import Field
from app.host import Entry, registry
from app.host.extending import is_here
from app.installation.words import kind_words

WIDTH, GAP, ROW, PAD = 216, 84, 18, 10
"""Of a box, between layers, of a line, inside a box; in pixels."""
MOST_FIELDS = 9
_LETTERS = 27
"""Of a line, so that it fits into its box."""


@dataclass(slots=True)
class Box:
    """A record in its place. `lines` are its relations, then other fields as far as there is room."""

    key: str
    lines: tuple[str, ...]
    links: tuple[tuple[int, str, bool], ...]
    """(line, key of the record it leads to, whether no foreign key holds it)."""
    layer: int = 0
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        return ROW * (len(self.lines) + 1) + 2 * PAD


def drawing(entries: Sequence[Entry], title: str) -> Markup:
    """An SVG of these records; those of others that they refer to are shown by name. Empty where there is none."""
    boxes = {entry.key: _box(entry) for entry in entries}
    for box in list(boxes.values()):
        for _line, key, _is_loose in box.links:
            boxes.setdefault(key, Box(key, (), ()))
    if not boxes:
        return Markup("")
    _layer(boxes)
    width, height = _place(boxes)
    parts = [*(path for box in boxes.values() for path in _paths(box, boxes)), *map(_drawn, boxes.values())]
    head = Markup('<svg class="er" dir="ltr" role="img" viewBox="0 0 {0} {1}" width="{0}" height="{1}">').format(
        width, height
    )
    return head + Markup("<title>{}</title>").format(title) + Markup("").join(parts) + Markup("</svg>")


def _box(entry: Entry) -> Box:
    fields = [field for field in entry.fields.values() if field.kind != "has_many"]
    fields.sort(key=lambda field: not field.picks)
    shown = fields if len(fields) <= MOST_FIELDS else fields[: MOST_FIELDS - 1]
    lines = [f"{field.name}: {_kind(field)}" for field in shown]
    if len(shown) < len(fields):
        lines.append(f"+ {len(fields) - len(shown)}")
    links = [(at, key, bool(field.links)) for at, field in enumerate(shown) if (key := _target(field))]
    return Box(entry.key, tuple(lines), tuple(links))


def _kind(field: Field) -> str:
    target = _target(field).partition(".")[2]
    return (target or kind_words(field)) + ("" if field.is_nullable else " !")


def _target(field: Field) -> str:
    """The key of the record that a field leads to; empty for fields that lead nowhere, or to a plugin that is
    off."""
    if field.links:
        return field.links if is_here(field.links.partition(".")[0]) else ""
    if field.kind != "belongs_to" or field.target is None:
        return ""
    entry = registry().by_model.get(field.target())
    return entry.key if entry is not None else field.target().__name__


def _layer(boxes: Mapping[str, Box]) -> None:
    """Each box right of what it refers to; circles are cut where they were entered."""
    done: dict[str, int] = {}

    def depth(key: str, above: frozenset[str]) -> int:
        if key not in done:
            others = [one for _line, one, _is_loose in boxes[key].links if one not in above and one != key]
            done[key] = 1 + max((depth(one, above | {key}) for one in others), default=-1)
        return done[key]

    for key, box in boxes.items():
        box.layer = depth(key, frozenset())


def _place(boxes: Mapping[str, Box]) -> tuple[int, int]:
    """Put the boxes of a layer below each other; returns the size of the whole."""
    bottoms: dict[int, int] = {}
    for box in boxes.values():
        box.x = PAD + box.layer * (WIDTH + GAP)
        box.y = bottoms.get(box.layer, PAD)
        bottoms[box.layer] = box.y + box.height + 2 * PAD
    return max(box.x for box in boxes.values()) + WIDTH + GAP, max(bottoms.values())


def _drawn(box: Box) -> Markup:
    lines = "".join(
        f'<text x="{box.x + PAD}" y="{box.y + PAD + ROW * (at + 2) - 5}">{escape(_short(line))}</text>'
        for at, line in enumerate(box.lines)
    )
    kind, y = "er-box" if box.lines else "er-box er-other", box.y + PAD + ROW - 5
    return Markup(  # noqa: S704  (all that came from a plugin is escaped)
        f'<g class="{kind}"><rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}" rx="6"/>'
        f'<text class="er-name" x="{box.x + PAD}" y="{y}">{escape(_short(box.key))}</text>{lines}</g>'
    )


def _paths(box: Box, boxes: Mapping[str, Box]) -> Iterator[Markup]:
    """From a relation's line to the head of the record it leads to."""
    for at, key, is_loose in box.links:
        other = boxes[key]
        drawn = ' class="er-loose"' if is_loose else ""
        y1, y2 = box.y + PAD + ROW * (at + 2) - 9, other.y + PAD + ROW - 9
        if other.x < box.x:
            x1, x2, bend = box.x, other.x + WIDTH, GAP // 2
            yield Markup(f'<path{drawn} d="M{x1} {y1}C{x1 - bend} {y1} {x2 + bend} {y2} {x2} {y2}"/>')  # noqa: S704
        else:
            x = box.x + WIDTH
            x2 = other.x + WIDTH
            yield Markup(f'<path{drawn} d="M{x} {y1}C{x + GAP // 2} {y1} {x2 + GAP // 2} {y2} {x2} {y2}"/>')  # noqa: S704


def _short(line: str) -> str:
    return line if len(line) <= _LETTERS else line[: _LETTERS - 1] + "…"
