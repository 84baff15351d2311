"""Small things every page is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = str
"""The colour name of a badge: grey, blue, green, amber, red, purple, teal or pink."""


@dataclass(frozen=True, slots=True)
class Badge:
    """How one value of a choice is shown."""

    label: str
    tone: Tone = "grey"


@dataclass(frozen=True, slots=True)
class Reference:
    """A related row: its id and what people call it."""

    id: str
    label: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a select."""

    value: str
    label: str
    selected: bool = False
    group: str = ""
    """What it stands under in a list of offers."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go to."""

    label: str
    href: str
    current: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list, or one value of a detail page. `kind` is a field kind of `app.data`."""

    name: str
    label: str
    kind: str
    sort_href: str | None = None
    direction: Literal["ascending", "descending"] | None = None
    badges: Mapping[str, Badge] = field(default_factory=dict)
    link_base: str = ""
    """For relations: the address of a related row is this plus its id; empty when the reader may not open it. For
    images: that of a picture is this, its key and a size; empty where it is only named."""
    is_title: bool = False
    is_toned: bool = False
    """For relations: related rows are chips of their own colour."""
    width: int | None = None
    """In pixels as the reader made it, 0 for as wide as it needs; None where widths are not theirs to choose."""

    @property
    def is_number(self) -> bool:
        return self.kind in ("money", "integer", "decimal")


@dataclass(frozen=True, slots=True)
class Row:
    """One record in a list; `cells` stand in the order of the page's columns."""

    id: str
    href: str
    label: str
    cells: tuple[Any, ...]
    version: int = 1


@dataclass(frozen=True, slots=True)
class Face:
    """The picture by which a record is known; its first letters where it has none."""

    label: str
    base: str
    """The address of the field's pictures."""
    key: str = ""


@dataclass(frozen=True, slots=True)
class ActionButton:
    """Something that can be done: a link (GET) or a submit button (POST)."""

    label: str
    href: str
    method: Literal["get", "post"] = "get"
    style: Literal["primary", "plain", "danger"] = "plain"
    icon: str = ""
    name: str = ""
    confirm: str = ""
    """A question asked in a dialog before a POST is sent; the server asks again when it matters."""
    is_beside: bool = False
    """The other half of the button before it: the two stay together."""


@dataclass(frozen=True, slots=True)
class EmptyState:
    """Why there is nothing, and the one thing to do about it."""

    title: str
    words: str = ""
    action: ActionButton | None = None
