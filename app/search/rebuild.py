"""Writing the tokens of records again: after a change of what is searched, or of how words are folded.

It goes through one kind of a tenant in chunks, each a transaction that also notes how far it came, so it can be
stopped at any moment and taken up again. Writers work on meanwhile: a chunk's records and their inline rows are locked
while their tokens are made, so whoever changes one writes before or after, never in between. When a writer is in the
way for long, the chunk gives way and is tried again: it is never the writer who fails.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.data import Record, current_tenant_id, db
from app.data.session import EXPLICIT
from app.host import Entry, JobRun, registry
from app.search.index import SearchRebuild, SearchToken, write_tokens
from app.search.making import CustomFields, is_searchable, tokens_of

CHUNK = 200
_TRIES = 50
_PAUSE = 0.2
"""Seconds, before a chunk that gave way is tried again."""


def searchable_kinds() -> list[str]:
    """The kinds that have tokens."""
    return [entry.key for entry in registry().by_model.values() if is_searchable(entry)]


def rebuild(session: Session, kind: str, *, restart: bool = False) -> Iterator[int]:
    """Write the tokens of one kind of the tenant in force again; gives how many records are done after each chunk.

    Goes on where an unfinished one stopped, unless it is to `restart`. Commits after each chunk. Raises LookupError
    for a kind that is not installed or not searched.
    """
    entry = registry().entries.get(kind)
    if entry is None or kind not in searchable_kinds():
        raise LookupError(f"“{kind}” is not searched.")
    after, done = _begin(session, kind, restart=restart)
    while True:
        found = _patiently(session, entry, after, done)
        if found is None:
            return
        after, done = found
        yield done


def rebuild_job(run: JobRun, *kinds: str) -> dict[str, int]:
    """The same as a job: all kinds, or those named."""
    done: dict[str, int] = {}
    for kind in kinds or searchable_kinds():
        done[kind] = 0
        for count in rebuild(db.session(), kind):
            done[kind] = count
            run.progress(sum(done.values()), words=kind)
    return done


def _begin(session: Session, kind: str, *, restart: bool) -> tuple[UUID | None, int]:
    fresh = {"after": None, "done": 0, "started_at": func.now(), "finished_at": None}
    row = insert(SearchRebuild).values(tenant_id=current_tenant_id(), kind=kind, **fresh)
    again = None if restart else SearchRebuild.finished_at.is_not(None)
    session.execute(row.on_conflict_do_update(index_elements=["tenant_id", "kind"], set_=fresh, where=again))
    stored = select(SearchRebuild.after, SearchRebuild.done).where(SearchRebuild.kind == kind)
    after, done = session.execute(stored).one()
    session.commit()
    return after, done


def _patiently(session: Session, entry: Entry, after: UUID | None, done: int) -> tuple[UUID, int] | None:
    for attempt in range(_TRIES):
        try:
            session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            found = _chunk(session, entry, after, done)
            session.commit()
            return found
        except OperationalError as error:
            session.rollback()
            if getattr(error.orig, "sqlstate", "") not in ("55P03", "40P01") or attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE)
    return None


def _chunk(session: Session, entry: Entry, after: UUID | None, done: int) -> tuple[UUID, int] | None:
    """Write one chunk; None at the end. The records come and go with the session, which forgets them afterwards."""
    model = entry.model
    wanted = select(model).order_by(model.id).limit(CHUNK).with_for_update()
    if after is not None:
        wanted = wanted.where(model.id > after)
    rows = list(session.scalars(wanted.execution_options(populate_existing=True)))
    last = rows[-1].id if rows else None
    _forget_strays(session, entry, after, last)
    progress = {"after": last, "done": done + len(rows)}
    if last is None:
        _note(session, entry, {"finished_at": func.now(), "done": done})
        return None
    _lock_children(session, entry, [row.id for row in rows])
    custom = CustomFields(session)
    write_tokens(session, {(entry.key, row.id): tokens_of(session, entry, row, custom) for row in rows}, set())
    _note(session, entry, progress)
    session.flush()
    session.expunge_all()
    return last, done + len(rows)


def _note(session: Session, entry: Entry, values: dict[str, Any]) -> None:
    row = SearchRebuild.__table__.update().where(  # type: ignore[attr-defined]
        SearchRebuild.tenant_id == current_tenant_id(), SearchRebuild.kind == entry.key
    )
    session.execute(row.values(**values), execution_options={EXPLICIT: True})


def _lock_children(session: Session, entry: Entry, ids: list[UUID]) -> None:
    """New inline rows wait for their locked parent; those that exist are locked themselves."""
    for path in entry.resource.search.split():
        name, _dot, rest = path.partition(".")
        field = entry.fields[name]
        if rest and field.kind == "has_many" and field.target is not None:
            child: Any = field.target()
            parent = getattr(child, f"{field.reverse}_id")
            session.execute(select(child.id).where(parent.in_(ids)).order_by(child.id).with_for_update(read=True))


def _forget_strays(session: Session, entry: Entry, after: UUID | None, last: UUID | None) -> None:
    """Tokens of records that are no more, between the last chunk and the end of this one."""
    model: type[Record] = entry.model
    token = SearchToken
    here = [token.kind == entry.key, ~exists(select(model.id).where(model.id == token.record_id))]
    if after is not None:
        here.append(token.record_id > after)
    if last is not None:
        here.append(token.record_id <= last)
    session.query(token).where(*here).delete(synchronize_session=False)
