"""A tree stays one: no record comes to stand below itself, whoever writes it and by whatever way.

Looked at behind the flush, when the rows are as they will be. Moves of one kind of record wait for each other, so that
of two that make a ring together the second one is refused. What goes past the flush asks `check_tree` itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from flask import current_app, has_app_context
from flask_babel import gettext as _
from sqlalchemy import event, func, inspect, select
from sqlalchemy.orm import Session, aliased

from app.data import Field, Record, current_tenant_id
from app.data.session import TenantSession
from app.host import EXTENSION, FieldError


def link_of(model: type[Any]) -> Field | None:
    """The field that says what a record of this kind is below; None where they make no tree."""
    installed = current_app.extensions.get(EXTENSION) if has_app_context() else None
    entry = installed.by_model.get(model) if installed is not None else None
    return entry.fields[entry.resource.tree] if entry is not None and entry.resource.tree else None


@event.listens_for(TenantSession, "after_flush")
def keep_trees(session: Session, _context: Any) -> None:
    """Nothing is below a record that is new, so only those that were there already can have been moved wrongly."""
    moved: dict[type[Any], list[UUID]] = defaultdict(list)
    for row in session.dirty:
        link = link_of(type(row))
        if link is not None and _was_moved(row, link):
            moved[type(row)].append(row.id)
    for model, ids in moved.items():
        check_tree(session, model, ids)


def _was_moved(row: Any, link: Field) -> bool:
    return inspect(row).attrs[link.column].history.has_changes() and getattr(row, link.column) is not None


def check_tree(session: Session, model: type[Record], ids: Collection[UUID]) -> None:
    """Raises FieldError when one of these records, as they are stored now, is below itself."""
    link = link_of(model)
    if link is None or not ids:
        return
    name = f"tenantry.tree.{model.__tablename__}.{current_tenant_id()}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    ring = session.scalars(_rings(model, link, ids)).first()
    if ring is not None:
        words = _("“%(name)s” cannot be below itself, or below what is below it.", name=str(session.get(model, ring)))
        raise FieldError(link.name, words)


def _rings(model: Any, link: Field, ids: Collection[UUID]) -> Any:
    """Of these records those that one meets again on the way up. Each is passed once, so that every way ends."""
    above = getattr(model, link.column)
    way = select(model.id.label("start"), above.label("next")).where(model.id.in_(ids)).cte("way", recursive=True)
    higher: Any = aliased(model)
    further = select(way.c.start, getattr(higher, link.column)).join(higher, higher.id == way.c.next)
    way = way.union(further)
    return select(way.c.start).where(way.c.next == way.c.start).limit(1)
