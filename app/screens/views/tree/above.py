"""What is above some records, as far as the reader reaches: one statement, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, literal, select
from sqlalchemy.orm import Session

from app.data import Field, reading

DEEPEST = 30
"""Steps up that are shown. A tree may be deeper; what is higher still is found by opening the highest one shown."""

Above = Mapping[UUID, UUID | None]


def above(
    session: Session, model: Any, link: Field, where: Sequence[ColumnElement[bool]], ids: Collection[UUID]
) -> Above:
    """These records and all above them that meet `where`, each with the record that it is directly below."""
    stored = getattr(model, link.column)
    given = any_(literal(list(ids), ARRAY(Uuid)))
    start = select(model.id, stored.label("above"), literal(0).label("steps")).where(model.id == given)
    way = start.cte("way", recursive=True)
    reached = select(model.id, stored.label("above")).where(*where).correlate(None).subquery("reached")
    further = select(reached.c.id, reached.c.above, way.c.steps + 1)
    way = way.union(further.join(way, reached.c.id == way.c.above).where(way.c.steps < DEEPEST))
    rows = reading.rows(session, select(way.c.id, way.c.above).distinct())
    known = {row[0]: row[1] for row in rows}
    return {one: up if up in known else None for one, up in known.items()}


def way_up(known: Above, start: UUID) -> list[UUID]:
    """From a record to the highest one above it, without itself."""
    found: list[UUID] = []
    up = known.get(start)
    while up is not None and up not in found and up != start:
        found.append(up)
        up = known.get(up)
    return found
