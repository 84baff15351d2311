"""A purge takes along what a plugin's hooks made in the core, where nobody has changed it or hung anything on it since;
the rest is the tenant's by now, and is counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.data import Record
from app.data.bulk import TOLD
from app.host import registry
from app.host.models import MadeRow
from app.merging.catalogue import Immovable, models_by_table, references_to


def take_along(session: Session, plugin: str) -> int:
    """Delete them in the tenant in force. Returns how many stay. Flushes."""
    kept = 0
    for made in session.scalars(select(MadeRow).where(MadeRow.plugin_key == plugin)).all():
        model: Any = models_by_table().get(made.table_name)
        row = session.get(model, made.row_id) if model is not None else None
        if row is not None and not _goes(session, plugin, row, made.row_version):
            kept += 1
    session.execute(delete(MadeRow).where(MadeRow.plugin_key == plugin), execution_options=TOLD)
    return kept


def _goes(session: Session, plugin: str, row: Record, version: int) -> bool:
    if row.version != version or _is_needed(session, plugin, row):
        return False
    try:
        with session.begin_nested():
            session.delete(row)
            session.flush()
    except IntegrityError:
        return False
    return True


def _is_needed(session: Session, plugin: str, row: Record) -> bool:
    """Whether a row that people care for refers to it: none of the plugin's own, and none of the machinery."""
    entry = registry().by_model.get(type(row))
    if entry is None:
        return False
    try:
        found = references_to(entry)
    except Immovable:
        return True
    others = {None, *registry().names} - {plugin}
    references = [one for one in found if one.model.__audited__ and one.model.__table__.schema in others]  # type: ignore[attr-defined]
    return any(
        session.execute(select(one.model.tenant_id).where(one.meets([row.id])).limit(1)).first() for one in references
    )
