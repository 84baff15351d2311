"""What happened to a record: entries of the audit log, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.screens.page.parts import Column, Link


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One field before and after. `restore_name` is what the button that brings the earlier value back sends; empty
    when there is none."""

    label: str
    column: Column
    before: Any
    after: Any
    restore_name: str = ""


@dataclass(frozen=True, slots=True)
class DiffGroup:
    """Changes of the record itself (no title), or of one row inside its form."""

    title: str
    lines: tuple[DiffLine, ...]
    restore_name: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry: who did what, when and how."""

    what: str
    who: str
    when: datetime
    via: str
    groups: tuple[DiffGroup, ...] = ()
    notice: str = ""
    restore_href: str = ""
    """Where restoring is sent; empty when this person may not change the record."""
    can_restore_all: bool = False
    """There is a later version than this one."""


@dataclass(frozen=True, slots=True)
class HistoryFragment:
    """The history of one record, a page of it."""

    label: str
    entries: tuple[HistoryEntry, ...]
    empty: str
    back_href: str
    version: int
    more: Link | None = None


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A record that an undo left as it is."""

    label: str
    href: str
    reason: str


@dataclass(frozen=True, slots=True)
class UndonePage:
    """What an undo could not take back."""

    title: str
    words: str
    kept: tuple[KeptLine, ...]
    back_href: str
    trail: tuple[Link, ...] = ()
