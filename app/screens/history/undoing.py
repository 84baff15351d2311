"""Undoing what one transaction did to records of one kind: the inverse change, through every check of a save."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.data import Record
from app.screens.history.reading import Told, describe
from app.screens.history.restoring import NothingToRestore, restoration
from app.screens.reading import Surface
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed, restore, save

MOST = 10_000
"""Entries that are undone at once: as many as a bulk action writes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that was left as it is, and why."""

    id: UUID
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Undone:
    """How many records are as they were, and those that are not."""

    count: int
    kept: tuple[Kept, ...]


def can_be_undone(surface: Surface, written: range, rows: int) -> bool:
    """Whether these entries, which this person has just caused, are no more than changes of so many rows that they
    could make by hand. Looks at the first of them."""
    if len(written) != rows or not surface.may("update"):
        return False
    first = surface.session.scalar(select(AuditEntry).where(AuditEntry.seq == written.start))
    return first is not None and first.target_type == surface.entry.key and _is_plain(surface, first)


def undo(surface: Surface, numbers: range) -> Undone:
    """Take back what this person did to records of this kind in these entries; what was changed since stays, and is
    told. Flushes; the edge commits."""
    entries = _own_entries(surface, numbers)
    records = _records(surface, entries)
    latest = _latest(surface, [entry.target_id for entry in entries if entry.target_id])
    kept, count = [], 0
    for entry in entries:
        record = records.get(entry.target_id)
        reason = _obstacle(surface, entry, record, latest, numbers)
        if not reason and record is not None:
            reason = _take_back(surface, record, describe(surface, entry))
        if reason and entry.target_id:
            kept.append(Kept(entry.target_id, entry.target_label or entry.target_id.hex[-8:], reason))
        count += not reason
    return Undone(count, tuple(kept))


def _own_entries(surface: Surface, numbers: range) -> Sequence[AuditEntry]:
    if surface.person is None or not numbers:
        return ()
    statement = select(AuditEntry).where(
        AuditEntry.seq.between(numbers[0], numbers[-1]),
        AuditEntry.target_type == surface.entry.key,
        AuditEntry.created_by == surface.person.uid,
    )
    return surface.session.scalars(statement.order_by(AuditEntry.seq).limit(MOST)).all()


def _records(surface: Surface, entries: Sequence[AuditEntry]) -> dict[Any, Record]:
    """The records of the entries that this person reaches, in the trash or out of it, locked."""
    found: dict[Any, Record] = {}
    for is_trashed in (True, False):
        ids = [entry.target_id for entry in entries if _is_trashing(surface, entry) == is_trashed]
        if ids and surface.may("delete" if is_trashed else "update"):
            rows = surface.rows(trash=is_trashed).where(surface.model.id.in_(ids)).order_by(surface.model.id)
            found |= {row.id: row for row in surface.session.scalars(rows.with_for_update(of=surface.model))}
    return found


def _latest(surface: Surface, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """The last entry about each record."""
    about = AuditEntry.target_id.in_(ids), AuditEntry.target_type == surface.entry.key
    statement = select(AuditEntry.target_id, func.max(AuditEntry.seq)).where(*about).group_by(AuditEntry.target_id)
    return {row[0]: row[1] for row in surface.session.execute(statement)} if ids else {}


def _obstacle(
    surface: Surface, entry: AuditEntry, record: Record | None, latest: Mapping[UUID, int], numbers: range
) -> str:
    """Why this entry is not undone; nothing when it can be."""
    if entry.target_id is not None and latest.get(entry.target_id, 0) > numbers[-1]:
        return _("It was changed since.")
    if record is None:
        return _("It is not there any more, or not yours to change.")
    return (
        ""
        if _is_trashing(surface, entry) or _is_plain(surface, entry)
        else _("More was done to it than can be undone.")
    )


def _is_trashing(surface: Surface, entry: AuditEntry) -> bool:
    return entry.action == f"{surface.entry.key}.trash"


def _is_plain(surface: Surface, entry: AuditEntry) -> bool:
    """Nothing but fields and rows that this person may change: what an action did besides cannot be seen here."""
    if entry.action in {f"{surface.entry.key}.{verb}" for verb in ("create", "delete", "restore")}:
        return False
    body = json.loads(entry.body) if entry.body else {}
    fields, rows = body.get("fields", {}), body.get("rows", {})
    return (
        bool(fields or rows)
        and fields.keys() <= surface.editable(is_new=False).keys()
        and rows.keys() <= surface.inlines().keys()
    )


def _take_back(surface: Surface, record: Record, told: Told) -> str:
    """Undo one entry, or say why not; nothing is half done."""
    names = [*(one.field.name for one in told.changes), *(one.collection.name for one in told.rows)]
    try:
        with surface.session.begin_nested():
            if _is_trashing(surface, told.entry):
                restore(surface, record)
            else:
                submission = restoration(surface, record, told, dict.fromkeys(names))
                submission.confirmed = True
                save(surface, submission, record)
    except Invalid as refused:
        return "; ".join(dict.fromkeys(refused.submission.errors.values())) or str(refused)
    except (NothingToRestore, NotAllowed, Conflict, Doubts) as refused:
        return str(refused)
    return ""
