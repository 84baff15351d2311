"""Panels: a few facts beside a record that are no fields of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Panel:
    """A few facts beside a record, fetched when the reader opens them, or at once when it `is_open`:
    `Panel("bill", _l("Bill"), facts)`.

    `facts(record)` gives (label, words), or (label, words, address inside the tenant), for who may read the record;
    what else a reader needs for them, `facts` asks itself (`reach`, `can`). `permission` (`garage.repair.read`) hides
    the panel from who lacks it. An address may also be of another kind (`tel:`, `mailto:`, `https:`). One that
    `is_open` is opened with the page, above the lists.
    """

    name: str
    title: Any
    facts: Callable[[Any], Sequence[tuple[Any, ...]]]
    permission: str = ""
    is_open: bool = False
