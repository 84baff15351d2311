"""One record and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.screens.page.fields import Hint
from app.screens.page.history import HistoryEntry
from app.screens.page.parts import ActionButton, Badge, Column, Link, Row


@dataclass(frozen=True, slots=True)
class DetailItem:
    column: Column
    value: Any
    help: str = ""
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class DetailSection:
    label: str
    items: tuple[DetailItem, ...]


@dataclass(frozen=True, slots=True)
class ChildTable:
    """Child rows shown with their parent."""

    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RelatedBlock:
    """A related list, fetched from `href` when it is opened."""

    name: str
    label: str
    href: str


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
    notice: str = ""
    """A sentence over the page, such as “This contact is in the trash.”"""
