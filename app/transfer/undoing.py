"""Taking a whole import back, as long as nobody has changed since what it left.

What it made is deleted for good, what it changed gets its old values. A record that was changed later, or that
something else has come to refer to, stays as it is, with the reason.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from app.data import Record, db, utcnow
from app.events.outbox import publish_many
from app.host import Cancelled, FieldError, JobRun, registry
from app.screens.writing.removal import _links_to
from app.screens.writing.saving import entry_title
from app.search.index import SearchToken
from app.transfer.changes import restore, table_of
from app.transfer.models import Import, ImportChange
from app.transfer.probing import probe
from app.transfer.running import acting_for, by_import, locked, quiet_memory, stop

CHUNK = 500
_BY_KEY = text(
    "SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'])"
    " AS name"
)
"""Every statement here looks rows up by their keys. The statistics of a table that was just filled say that it is
small, and would have it read as a whole for each chunk."""


def run_undo(run: JobRun, import_id: str) -> dict[str, Any]:
    """The job: chunk by chunk, each one transaction, so that it can be taken up again."""
    session, key = db.session(), UUID(import_id)
    record = locked(session, key)
    if record is None or record.state != "undoing":
        return {}
    try:
        with acting_for(record), by_import(), quiet_memory():
            total = session.scalar(select(func.count()).where(*_open(key))) or 0
            done = 0
            while handled := _chunk(session, key):
                done += handled
                run.progress(done, total)
    except Cancelled:
        stop(session, key, "done", None)
        raise
    stop(session, key, "undone", None)
    return {"kept": session.scalar(select(func.count()).where(ImportChange.import_id == key)) or 0}


def _open(key: UUID) -> tuple[Any, ...]:
    return ImportChange.import_id == key, ImportChange.kept.is_(None)


def _chunk(session: Session, key: UUID) -> int:
    record = locked(session, key)
    if record is None or record.state != "undoing":
        return 0
    session.execute(_BY_KEY)
    models = models_by_table()
    changes = _next_changes(session, record, models)
    if not changes:
        session.rollback()
        return 0
    model, finished = models.get(changes[0].kind), record.finished_at or utcnow()
    if model is None:
        _settle(
            session,
            key,
            changes,
            {one.record_id: _("This kind of record is not installed any more.") for one in changes},
        )
    else:
        made = [one for one in changes if one.before is None]
        kept = _unmake(session, model, made, finished, key) if made else {}
        kept |= _restore(session, model, [one for one in changes if one.before is not None])
        _settle(session, key, changes, kept)
    session.commit()
    session.expunge_all()
    gc.collect()
    return len(changes)


def _next_changes(session: Session, record: Import, models: dict[str, type[Record]]) -> Sequence[ImportChange]:
    """Of one table: the records themselves before what they refer to."""
    entry = registry().entries.get(record.resource)
    first = table_of(entry.model) if entry is not None else ""
    order = (ImportChange.kind != first, ImportChange.kind, ImportChange.record_id.desc())
    rows = session.scalars(select(ImportChange).where(*_open(record.id)).order_by(*order).limit(CHUNK)).all()
    return [row for row in rows if row.kind == rows[0].kind]


def models_by_table() -> dict[str, type[Record]]:
    """Every model by the name that changes call it."""
    return {table_of(m.class_): m.class_ for m in Record.registry.mappers if issubclass(m.class_, Record)}


def _settle(session: Session, key: UUID, changes: Sequence[ImportChange], kept: dict[UUID, str]) -> None:
    for change in changes:
        if change.record_id in kept:
            change.kept = kept[change.record_id]
        else:
            session.delete(change)


def _unmake(
    session: Session, model: type[Record], changes: Sequence[ImportChange], finished: Any, key: UUID
) -> dict[UUID, str]:
    """Delete what the import made. Returns what stays, and why."""
    versions = {one.record_id: one.version for one in changes}
    there = dict(session.execute(select(model.id, model.version).where(model.id.in_(versions)).with_for_update()).all())
    kept = {one: _changed() for one, version in there.items() if version != versions[one]}
    free = set(there) - set(kept)
    for one in _changed_children(session, model, free, finished):
        kept[one] = _changed()
    for one, words in _referred_to(session, model, free - set(kept), finished, key).items():
        kept.setdefault(one, words)
    kept |= _refused(session, model, free - set(kept))
    kept |= _delete(session, model, sorted(free - set(kept)))
    return kept


def _refused(session: Session, model: type[Record], ids: set[UUID]) -> dict[UUID, str]:
    """Records that a rule before deletion keeps, with its sentence."""
    entry = registry().by_model.get(model)
    check = entry.resource.before_delete if entry is not None else None
    found: dict[UUID, str] = {}
    if check is None:
        return found
    for row in session.scalars(select(model).where(model.id.in_(ids))):
        try:
            check(row)
        except ValueError as error:
            found[row.id] = str(error)
    return found


def _changed() -> str:
    return str(_("It was changed after the import."))


def _changed_children(session: Session, model: type[Record], ids: Iterable[UUID], finished: Any) -> set[UUID]:
    found: set[UUID] = set()
    for field in _collections(model):
        table = field.target().__table__
        link = table.c[f"{field.reverse}_id"]
        later = or_(table.c.version > 1, table.c.created_at > finished)
        found |= {row[0] for row in probe(session, [link], [(one,) for one in ids], [link], later)}
    return found


def _collections(model: type[Record]) -> list[Any]:
    return [field for field in model.__fields__.values() if field.kind == "has_many" and field.target]


def _referred_to(session: Session, model: type[Record], ids: set[UUID], finished: Any, key: UUID) -> dict[UUID, str]:
    """Records that others, not of this import, have come to refer to, with what those are."""
    found: dict[UUID, str] = {}
    wanted = [(one,) for one in ids]
    children = {field.target() for field in _collections(model)}
    for other, column, _rule in _links_to(model):
        if other not in children:
            table: Any = other.__table__
            rows = probe(session, [table.c[column]], wanted, [table.c[column], table.c.id])
            made = _made_by(session, other, {row[1] for row in rows}, key)
            found |= {row[0]: _in_use(other) for row in rows if row[1] not in made}
    entry = registry().by_model.get(model)
    for one in registry().entries.values() if entry is not None else ():
        if one.model.__audited__ and {"target_type", "target_id"} <= set(one.fields):  # the others only tell of it
            table = one.model.__table__  # type: ignore[attr-defined]
            later = table.c.target_type == entry.key, table.c.created_at > finished  # type: ignore[union-attr]
            rows = probe(session, [table.c.target_id], wanted, [table.c.target_id], *later)
            found |= {row[0]: _in_use(one.model) for row in rows}
    return found


def _made_by(session: Session, model: type[Record], ids: set[UUID], key: UUID) -> set[UUID]:
    """Those of the ids that this import has made itself."""
    table: Any = ImportChange.__table__
    values = [(key, table_of(model), one) for one in ids]
    columns = [table.c.import_id, table.c.kind, table.c.record_id]
    rows = probe(session, columns, values, [table.c.record_id], table.c.before.is_(None))
    return {row[0] for row in rows}


def _in_use(model: type[Record]) -> str:
    return str(_("%(what)s refer to it.", what=entry_title(model)))


def _delete(session: Session, model: type[Record], ids: Sequence[UUID]) -> dict[UUID, str]:
    """In one go; each by itself when something stands in the way."""
    if not ids:
        return {}
    try:
        with session.begin_nested():
            if _is_inline(model):
                _delete_inline(session, model, ids)
            else:
                _delete_whole(session, model, ids)
    except IntegrityError:
        if len(ids) == 1:
            return {ids[0]: str(_("Other records refer to it."))}
        middle = len(ids) // 2
        return _delete(session, model, ids[:middle]) | _delete(session, model, ids[middle:])
    return {}


def _is_inline(model: type[Record]) -> bool:
    return any(field.target() is model for other in models_by_table().values() for field in _collections(other))


def _delete_inline(session: Session, model: type[Record], ids: Sequence[UUID]) -> None:
    """Through the session, which also forgets the tokens that their record was found by."""
    for row in session.scalars(select(model).where(model.id.in_(ids))):
        session.delete(row)
    session.flush()


def _delete_whole(session: Session, model: type[Record], ids: Sequence[UUID]) -> None:
    for field in _collections(model):
        child: Any = field.target()
        session.execute(delete(child).where(getattr(child, f"{field.reverse}_id").in_(ids)))
    session.execute(delete(model).where(model.id.in_(ids)))
    publish_many(session, model, "deleted", ids)
    entry = registry().by_model.get(model)
    if entry is not None:
        session.execute(delete(SearchToken).where(SearchToken.record_id.in_(ids), SearchToken.kind == entry.key))


def _restore(session: Session, model: type[Record], changes: Sequence[ImportChange]) -> dict[UUID, str]:
    """Give changed records their old values. Returns what stays, and why."""
    if not changes:
        return {}
    options = [selectinload(getattr(model, field.name)) for field in _collections(model)]
    wanted = select(model).where(model.id.in_([one.record_id for one in changes])).options(*options)
    rows = {row.id: row for row in session.scalars(wanted.with_for_update(of=model))}
    kept: dict[UUID, str] = {}
    for change in changes:
        row = rows.get(change.record_id)
        if row is None:
            continue  # it has been deleted since: there is nothing to give back
        if row.version != change.version:
            kept[change.record_id] = _changed()
            continue
        try:
            with session.begin_nested():  # which flushes first what is there already
                restore(row, change.before or {})
                session.flush()
        except IntegrityError:
            session.expunge(row)
            kept[change.record_id] = str(_("Another record has taken one of its old values."))
        except FieldError as error:
            session.expunge(row)
            kept[change.record_id] = str(error)
    return kept
