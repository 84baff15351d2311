"""Doubts, what makes two records look like one, and the other record that a line of an import is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.data import Field, Record


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about values that may still be saved once the person has confirmed: shown on the form, sent as 409 by
    REST."""

    message: Any
    code: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Clue:
    """A field by which two records look like one: `Clue("full_name", 40, how="name")`.

    `path` is a field, or one of inline rows (`channels.value_normalised`). `points` (of 100) are what it counts when
    both have it, unless a tenant says otherwise. Two texts are the `same` apart from case and accents; two of a `name`
    are alike in any order and spelling. What strangers share too (a company, a birthday) does not `lead`: it
    counts, but nobody is looked for by it.
    """

    path: str
    points: int
    how: Literal["same", "name"] = "same"
    leads: bool = True


@dataclass(frozen=True, slots=True)
class Companion:
    """Columns of an import that describe a related record instead of naming it: a lead's contact by name and e-mail.

    `relation` is a `belongs_to` field, `fields` are what may be said of the other record. `find(values)` gives that
    record, found or made, and whether it is new; it flushes, and raises ValueError with a sentence.
    """

    relation: str
    fields: Mapping[str, Field]
    find: Callable[[Mapping[str, Any]], tuple[Record, bool]]
