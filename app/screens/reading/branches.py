"""Branches of trees: a record and all below it, as filters mean them, and as reports add them up.

Neither passes records out of reach or in the trash; both pass those in the archive, for what is theirs still counts.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, func, literal, select

from app.data import Field
from app.screens.kinds import kind_of
from app.screens.reading.surface import Surface

AT_OR_BELOW = "at_or_below"


def tree_of(surface: Surface, field: Field) -> Surface | None:
    """The records that a relation leads to, where they make a tree that this person sees; else None."""
    found = surface.target(field) if field.kind == "belongs_to" else None
    if found is None or not found.entry.resource.tree or found.entry.resource.tree in found.access.hidden:
        return None
    return found if found.may("read") else None


def operators_of(surface: Surface, field: Field) -> tuple[str, ...]:
    """By what a field of this surface can be filtered."""
    usual = kind_of(field).operators
    return (usual[0], AT_OR_BELOW, *usual[1:]) if tree_of(surface, field) is not None else usual


def at_or_below(surface: Surface, field: Field, column: Any, record_id: UUID) -> ColumnElement[bool]:
    """Whether the column holds this record or one below it. The ids are gathered once a statement, in an array, so that
    the column's index serves the comparison under row-level security; each is met once, so that a ring ends."""
    tree = tree_of(surface, field)
    if tree is None:
        return column == record_id  # type: ignore[no-any-return]
    reached = _reached(tree)
    way = select(literal(record_id, Uuid).label("id")).cte(recursive=True)
    way = way.union(select(reached.c.id).join(way, reached.c.above == way.c.id))
    return column == any_(func.array(select(way.c.id).scalar_subquery(), type_=ARRAY(Uuid)))


def lineage(tree: Surface) -> Any:
    """Each record of a tree with itself and with each one above it: columns `below` and `above`."""
    each, one, higher = (_reached(tree) for _time in range(3))
    way = select(each.c.id.label("below"), each.c.id.label("above")).cte(recursive=True)
    further = (
        select(way.c.below, higher.c.id).join(one, one.c.id == way.c.above).join(higher, higher.c.id == one.c.above)
    )
    return way.union(further)


def lineage_with_depth(tree: Surface) -> Any:
    """The same, with `depth`: how far down the one above stands, 1 on top; so the nearest has the greatest."""
    way = lineage(tree)
    depth = select(way.c.below.label("id"), func.count().label("depth")).group_by(way.c.below).subquery()
    return select(way.c.below, way.c.above, depth.c.depth).join(depth, depth.c.id == way.c.above).cte()


def _reached(tree: Surface) -> Any:
    """The records of a tree within reach: `id`, and `above` that each is directly below."""
    model: Any = tree.model
    above = getattr(model, tree.entry.fields[tree.entry.resource.tree or ""].column)
    return select(model.id, above.label("above")).where(*tree.conditions()).correlate(None).subquery()
