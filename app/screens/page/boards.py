"""The same records as a board or a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from app.screens.page.listing import ActiveFilter, Tools
from app.screens.page.parts import ActionButton, Column, EmptyState, Link, Tone


@dataclass(frozen=True, slots=True)
class Card:
    """One record on a board. `values` are those of the `columns`, which all cards of a board have in common."""

    id: str
    href: str
    title: str
    version: int
    columns: tuple[Column, ...] = ()
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """An exact sum in the unit of its currency, or a plain number; larger than any `Money` may be."""

    amount: Decimal
    currency: str = ""


@dataclass(frozen=True, slots=True)
class TotalLine:
    """One field summed, by currency; `weighted` by the weights of the lanes."""

    label: str
    sums: tuple[Sum, ...]
    weighted: tuple[Sum, ...] = ()


@dataclass(frozen=True, slots=True)
class LaneTotal:
    """What a lane comes to, over all that meets the filters. `count` is exact."""

    value: str
    count: str
    lines: tuple[TotalLine, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One value of the field a board is cut by. `next_href` leads to further cards, `more_href` to all in the list."""

    value: str
    label: str
    tone: Tone
    count: str
    cards: tuple[Card, ...]
    more_href: str = ""
    next_href: str = ""
    number: str = ""
    """The count in digits, where it is exact."""
    total: LaneTotal | None = None


@dataclass(frozen=True, slots=True)
class BoardPage:
    title: str
    lanes: tuple[Lane, ...]
    move_href: str
    """`{id}` stands for the card; empty when the reader may not move cards."""
    tools: Tools
    actions: tuple[ActionButton, ...] = ()
    surfaces: tuple[Link, ...] = ()
    filters: tuple[ActiveFilter, ...] = ()
    clear_href: str = ""
    scope_label: str = ""
    scopes: tuple[Link, ...] = ()
    """The boards there are to choose from, such as pipelines."""
    totals_href: str = ""
    """Where a script gets the totals; empty when there are none, or they are here already."""
    totals_page_href: str = ""
    total: LaneTotal | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True)
class LanePage:
    """Further cards of one lane."""

    title: str
    lane: str
    cards: tuple[Card, ...]
    may_move: bool
    next_href: str
    back_href: str


@dataclass(frozen=True, slots=True)
class TotalsPage:
    """The totals of all lanes, by label."""

    title: str
    lanes: tuple[tuple[str, LaneTotal], ...]
    back_href: str


@dataclass(frozen=True, slots=True)
class MoveForm:
    """What a record asks for before its card may move: controls, printed already."""

    title: str
    words: str
    action_href: str
    fields: tuple[Markup, ...]
    hidden: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A record on its day, in the colour of its lane; `time` is its time of day."""

    label: str
    href: str
    tone: Tone = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    date: str
    number: str
    label: str
    in_month: bool
    is_today: bool
    entries: tuple[CalendarEntry, ...] = ()
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
    tools: Tools
    actions: tuple[ActionButton, ...] = ()
    surfaces: tuple[Link, ...] = ()
    filters: tuple[ActiveFilter, ...] = ()
    clear_href: str = ""
