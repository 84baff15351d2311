"""What refers to some records, as far as a person may know of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select

from app.data import Record
from app.host import Entry, registry
from app.merging.added_links import AddedLink, added_links_to
from app.merging.catalogue import Reference, models_by_table, references_to
from app.screens.reading import Surface

COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of records, and how many of them."""

    label: str
    count: int
    is_capped: bool = False


def kinds_on(surface: Surface, ids: Sequence[UUID]) -> Iterator[Kind]:
    """How many records of each kind that this person may read refer to these, in one statement."""
    references: list[Reference | AddedLink] = [*references_to(surface.entry)]
    references += added_links_to(surface.session, surface.entry.key)
    known = [
        (entry, one)
        for one in references
        if (entry := readable(surface, one.model)) is not None and one.model is not surface.model
    ]
    if not known:
        return
    counts = []
    for _entry, one in known:
        model: Any = one.model
        rows = select(literal(1).label("one")).select_from(model).where(one.meets(ids)).limit(COUNTED + 1)
        counts.append(select(func.count()).select_from(rows.subquery()).scalar_subquery())
    sums: dict[str, int] = {}
    for (entry, _reference), count in zip(known, surface.session.execute(select(*counts)).one(), strict=True):
        sums[entry.resource.plural_words] = sums.get(entry.resource.plural_words, 0) + count
    yield from (Kind(label, min(count, COUNTED), count > COUNTED) for label, count in sums.items() if count)


def moved_kinds(surface: Surface, moved: Mapping[str, int]) -> list[Kind]:
    """What a merge has moved, by table, in words; kinds that this person may not read are not told."""
    models = models_by_table()
    found = []
    for table, count in moved.items():
        entry = readable(surface, models[table]) if table in models else None
        if entry is not None:
            found.append(Kind(entry.resource.plural_words, count))
    return found


def readable(surface: Surface, model: type[Any]) -> Entry | None:
    """The resource of a model, if this person may read it."""
    entry = registry().by_model.get(model) if issubclass(model, Record) else None
    return entry if entry is not None and Surface(entry, surface.session, surface.person).may("read") else None
