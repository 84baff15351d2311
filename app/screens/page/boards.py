"""The same records as a board or a calendar."""

from __future__ import annotations

from dataclasses import dataclass

from app.screens.page.listing import ActiveFilter
from app.screens.page.parts import ActionButton, Link, Tone
from app.screens.page.record import DetailItem


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    href: str
    title: str
    version: int
    items: tuple[DetailItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One value of the choice a board is cut by. `move_name` names the field, `value` its value."""

    value: str
    label: str
    tone: Tone
    count: str
    cards: tuple[Card, ...]
    more_href: str = ""


@dataclass(frozen=True, slots=True)
class BoardPage:
    title: str
    lanes: tuple[Lane, ...]
    move_href: str
    """`{id}` stands for the card; empty when the reader may not move cards."""
    actions: tuple[ActionButton, ...] = ()
    surfaces: tuple[Link, ...] = ()
    filters: tuple[ActiveFilter, ...] = ()
    clear_href: str = ""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    date: str
    number: str
    label: str
    in_month: bool
    is_today: bool
    entries: tuple[Link, ...] = ()
    more: Link | None = None


@dataclass(frozen=True, slots=True)
class CalendarPage:
    title: str
    month: str
    previous_href: str
    next_href: str
    today_href: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[CalendarDay, ...], ...]
    actions: tuple[ActionButton, ...] = ()
    surfaces: tuple[Link, ...] = ()
    filters: tuple[ActiveFilter, ...] = ()
    clear_href: str = ""
