"""Reading a desk costs nothing, for it comes with who is asking; changing it locks its row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.data import current_tenant_id, uuid7
from app.identity.principal import Principal
from app.screens.desk.models import Desk

DENSITIES = ("comfortable", "compact")
CARDS = ("small", "medium", "large")
MOST_PINS = 20
MOST_RECENT = 10
MOST_LISTS = 60
"""Lists whose columns are remembered: what was arranged longest ago is forgotten first."""
MOST_GROUPS = 100
NARROWEST, WIDEST = 60, 900


@dataclass(frozen=True, slots=True)
class Columns:
    """How a person wants the columns of one list: which, in which order, how wide in pixels."""

    names: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A desk as it is read."""

    pins: tuple[str, ...] = ()
    lists: Mapping[str, Columns] = field(default_factory=dict)
    density: str = DENSITIES[0]
    turned: tuple[str, ...] = ()
    """Groups of the menu that this person closed, and those set apart that they opened."""
    cards: Mapping[str, str] = field(default_factory=dict)
    """By resource: how large the cards of its gallery are, where not as usual."""
    is_silent: bool = False
    """Single keys do nothing."""


def arrangement(person: Principal | None) -> Arrangement:
    """The desk of whoever asks."""
    return _read(person.desk_json if person is not None else "{}")


@lru_cache(maxsize=2_000)
def _read(text: str) -> Arrangement:
    stored = json.loads(text)
    lists = {key: Columns(tuple(one.get("columns", ())), one.get("widths", {})) for key, one in _lists(stored)}
    density, habits = stored.get("density"), stored.get("habits") or {}
    return Arrangement(
        tuple(stored.get("pins") or ()),
        MappingProxyType(lists),
        density if density in DENSITIES else DENSITIES[0],
        tuple(habits.get("turned", ())),
        MappingProxyType(habits.get("cards", {})),
        bool(habits.get("silent")),
    )


def _lists(stored: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list((stored.get("lists") or {}).items())


def rearranged(session: Session, person: Principal, change: Callable[[Desk], None]) -> None:
    """Change a desk, one tab of the person after the other. Flushes; the edge commits."""
    key = {"tenant_id": current_tenant_id(), "id": uuid7(), "person": person.uid}
    session.execute(insert(Desk).values(**key, recent=[], pins=[], lists={}, habits={}).on_conflict_do_nothing())
    change(session.scalars(select(Desk).where(Desk.person == person.uid).with_for_update()).one())
    session.flush()


def pin(desk: Desk, key: str, *, wanted: bool) -> None:
    """Pin a record or take its pin away; of too many pins the oldest falls."""
    others = [one for one in desk.pins if one != key]
    desk.pins = ([key, *others] if wanted else others)[:MOST_PINS]


def note_seen(desk: Desk, key: str) -> None:
    """Put a record first among those seen last: one more than are shown, for the page one is on is no news."""
    desk.recent = [key, *(one for one in desk.recent if one != key)][: MOST_RECENT + 1]


def seen_last(session: Session, person: Principal, here: str = "") -> list[str]:
    """Keys of the records this person saw last, in whatever browser, the latest first, without the one on screen."""
    keys = session.scalar(select(Desk.recent).where(Desk.person == person.uid)) or []
    return [key for key in keys if key != here][:MOST_RECENT]


def turn(desk: Desk, group: str, *, wanted: bool) -> None:
    """Remember that a group of the menu is the other way round than usual, or as usual again."""
    others = [one for one in desk.habits.get("turned", ()) if one != group]
    desk.habits = {**desk.habits, "turned": ([group, *others] if wanted else others)[:MOST_GROUPS]}


def set_cards(desk: Desk, resource: str, size: str) -> None:
    """Remember how large the cards of a gallery are."""
    others = {key: one for key, one in desk.habits.get("cards", {}).items() if key != resource}
    desk.habits = {**desk.habits, "cards": {**dict(list(others.items())[-(MOST_LISTS - 1) :]), resource: size}}


def silence(desk: Desk, *, wanted: bool) -> None:
    """Switch single keys off or on."""
    desk.habits = {**desk.habits, "silent": wanted}


def set_columns(desk: Desk, resource: str, names: list[str], widths: Mapping[str, int]) -> None:
    """Keep order and widths of a list's columns; without names the usual ones come back."""
    others = {key: one for key, one in desk.lists.items() if key != resource}
    kept = dict(list(others.items())[-(MOST_LISTS - 1) :])
    if names or widths:
        bounded = {name: min(max(width, NARROWEST), WIDEST) for name, width in widths.items()}
        kept[resource] = {"columns": names, "widths": bounded}
    desk.lists = kept
