"""The same records as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.screens.page.listing import ActiveFilter, Tools
from app.screens.page.parts import ActionButton, Column, EmptyState, Link


@dataclass(frozen=True, slots=True)
class Node:
    """One record. `values` are those of the level's columns. `count` says how many records are below it, and is empty
    when none is; `below_href` leads to them, as a page or as a fragment."""

    id: str
    href: str
    title: str
    values: tuple[Any, ...] = ()
    count: str = ""
    below_href: str = ""
    nodes: tuple[Node, ...] = ()
    """Those of them that are shown already."""
    more: Link | None = None
    """To the others, when only some of them are shown."""
    is_sought: bool = True
    """Does it match, or is it here only because something below it does?"""


@dataclass(frozen=True, slots=True)
class Level:
    """Records beside each other, with what they have in common; `next_href` leads to further ones."""

    nodes: tuple[Node, ...]
    columns: tuple[Column, ...] = ()
    next_href: str = ""


@dataclass(frozen=True, slots=True)
class TreePage:
    title: str
    level: Level
    tools: Tools
    actions: tuple[ActionButton, ...] = ()
    surfaces: tuple[Link, ...] = ()
    filters: tuple[ActiveFilter, ...] = ()
    clear_href: str = ""
    problems: tuple[str, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True)
class BranchPage:
    """What is below one record; `trail` leads to those above it."""

    title: str
    level: Level
    trail: tuple[Link, ...]
    href: str
    actions: tuple[ActionButton, ...] = ()
