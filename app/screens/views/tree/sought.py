"""A tree that is searched or filtered: a page of what matches, each below what is above it, opened down to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from app.screens.reading import Count
from app.screens.reading.listing import Line, select_rows
from app.screens.views.tree.above import above
from app.screens.views.tree.levels import Levels


@dataclass(frozen=True, slots=True)
class Sought:
    """What is shown: by record (None: on top) those below it, which of them match, and how many are below each."""

    below: dict[UUID | None, list[Line]]
    matches: frozenset[UUID]
    counts: dict[UUID, Count]
    cursor: str | None


def seek(levels: Levels) -> Sought:
    """Four statements, whatever matches: the matches, what is above them, the rows of that, and counts."""
    surface = levels.screen.surface
    found = levels.page(select_rows(surface, levels.asked).where)
    matches = frozenset(line.id for line in found.lines)
    where = surface.conditions() if levels.asked.archived else levels.reached
    known = above(surface.session, surface.model, levels.link, where, matches) if matches else {}
    lines = levels.these(known) if len(known) > len(matches) else found.lines
    below: dict[UUID | None, list[Line]] = defaultdict(list)
    for line in lines:
        below[known.get(line.id)].append(line)
    return Sought(below, matches, levels.counts(known), found.cursor)
