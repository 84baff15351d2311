"""One record and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app.screens.page.fields import Hint
from app.screens.page.history import HistoryEntry
from app.screens.page.parts import ActionButton, Badge, Column, Face, Link, Option, Row

IN_HEAD = 3
"""Buttons in the head of a page; the rest is in a menu."""


@dataclass(frozen=True, slots=True)
class DetailItem:
    column: Column
    value: Any
    help: str = ""
    is_wide: bool = False
    is_narrow: bool = False
    edit_href: str = ""
    """The form in which this value can be changed; empty when this person may not."""
    field_href: str = ""
    """Where a script gets the control of this value alone."""


@dataclass(frozen=True, slots=True)
class FieldForm:
    """The form of one field: its control, printed already. `problems` are what other fields have against it."""

    action_href: str
    control: Markup
    hidden: tuple[tuple[str, str], ...]
    problems: tuple[str, ...] = ()
    form_href: str = ""
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSaved:
    """What a record shows differently after one of its fields was saved."""

    title: str
    items: tuple[DetailItem, ...]
    badge: Badge | None = None


@dataclass(frozen=True, slots=True)
class DetailSection:
    label: str
    items: tuple[DetailItem, ...]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class ChildTable:
    """Child rows shown with their parent."""

    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RelatedBlock:
    """A related list, fetched from `href` when it is opened; one that `is_open` is fetched at once."""

    name: str
    label: str
    href: str
    is_open: bool = False
    """Fetched with the page, and shown above what is not."""
    count: int | None = None
    """How many rows it has, at most `MOST_COUNTED` and one more; None where there is nothing to count."""


@dataclass(frozen=True, slots=True)
class PrintPage:
    """What can be put on paper with a record. `name` is the argument that carries the ticked options."""

    title: str
    trail: tuple[Link, ...]
    action_href: str
    name: str
    options: tuple[Option, ...]
    most: int
    cancel_href: str


@dataclass(frozen=True, slots=True)
class RelatedFragment:
    """The content of a related list."""

    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str
    more: Link | None = None
    add: Link | None = None
    back_href: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """Whether a record is pinned, and where that is changed."""

    key: str
    href: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A record beside its list."""

    title: str
    href: str
    edit_href: str
    sections: tuple[DetailSection, ...]
    badge: Badge | None
    pin: Pin
    trail: tuple[Link, ...]
    face: Face | None = None


@dataclass(frozen=True, slots=True)
class PanelFragment:
    """The content of a panel: label, words and perhaps an address of each fact, or what to say where there are none."""

    label: str
    facts: tuple[tuple[str, str, str], ...]
    empty: str
    back_href: str


@dataclass(frozen=True, slots=True)
class DetailPage:
    """One record."""

    title: str
    sections: tuple[DetailSection, ...]
    children: tuple[ChildTable, ...] = ()
    related: tuple[RelatedBlock, ...] = ()
    actions: tuple[ActionButton, ...] = ()
    trail: tuple[Link, ...] = ()
    badge: Badge | None = None
    hints: tuple[Hint, ...] = ()
    facts: tuple[DetailItem, ...] = ()
    """When it was made and changed, and by whom."""
    told: tuple[HistoryEntry, ...] = ()
    """Of an entry of the audit log: what it says of the fields of its record."""
    timeline_href: str = ""
    """Where the record's timeline is fetched; empty for records without one."""
    notice: str = ""
    """A sentence over the page, such as “This contact is in the trash.”"""
    why_href: str = ""
    """To what the reader may do here, and why not more."""
    pin: Pin | None = None
    face: Face | None = None

    @property
    def shown(self) -> int:
        """How many buttons stand in the head: three, and no half of two that belong together."""
        is_split = len(self.actions) > IN_HEAD and self.actions[IN_HEAD].is_beside
        return IN_HEAD - is_split
