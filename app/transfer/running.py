"""The run of an import: staged once, then chunk by chunk, each one transaction that holds its rows and its progress.

So a process may die at any moment: what was committed is settled and not looked at again, what was not is done again.
Two runs of one import wait for each other at its row, and the second goes on where the first has come.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from app.data import current_scope, current_tenant_id, db, utcnow
from app.data.bulk import insert_many
from app.data.driver import pipelined
from app.data.scope import enter_scope, leave_scope
from app.features import can
from app.host import Cancelled, JobRun, registry
from app.identity.acting import find_acting
from app.identity.principal import acting_as, principal
from app.identity.scopes import narrow
from app.jobs import enqueue
from app.screens.reading import Surface
from app.transfer.changes import note_changes
from app.transfer.dialects import dialect_of
from app.transfer.keeping import open_kept
from app.transfer.models import Import, ImportLine
from app.transfer.patience import take_time
from app.transfer.placing import Placed, Placer
from app.transfer.plan import Plan, problems_of
from app.transfer.reading import Line, Unreadable, open_table

CHUNK = 1_000
STAGED_AT_ONCE = 500
LAST_ATTEMPT = 5


class Stopped(ValueError):
    """The import cannot go on, and trying again will not help; the message says why."""


class _Places(Protocol):
    def place(self, session: Session, lines: Sequence[tuple[int, Any]]) -> Placed: ...


def run_import(run: JobRun, import_id: str) -> dict[str, Any]:
    """The job of one import (or of its dry run). Can be started again after any end."""
    session, key = db.session(), UUID(import_id)
    record = locked(session, key)
    if record is None or record.state not in ("waiting", "running", "checking"):
        return {}
    try:
        with acting_for(record), by_import(), quiet_memory():
            _begin(session, run, record)
            _carry_out(session, run, key)
    except Cancelled:
        stop(session, key, "cancelled", None)
        raise
    except (Stopped, Unreadable) as error:
        stop(session, key, "failed", str(error))
    except Exception:
        if run.attempt >= LAST_ATTEMPT:
            stop(session, key, "failed", str(_("Something went wrong on our side; it has been noted.")))
        raise
    return _figures(session, key)


@contextmanager
def acting_for(record: Any) -> Iterator[None]:
    """Make sure that whoever asked is still a member (a job acts in their name), and keep to their token's scopes.

    They are looked up afresh: who left a team a moment ago does not get its rows any more.
    """
    person = principal()
    if record.created_by is not None:
        person = find_acting(record.created_by, record.tenant_id).principal
        if person is None or person.tenant is None:
            raise Stopped(_("Whoever asked for this is no member any more."))
    if person is not None and record.scopes is not None:
        person = replace(person, permissions=narrow(person.permissions, record.scopes))
    with acting_as(person):
        yield


@contextmanager
def by_import() -> Iterator[None]:
    """What is done now is told, in the log and by events, as done by an import."""
    token = enter_scope(replace(current_scope(), via="import"))
    try:
        yield
    finally:
        leave_scope(token)


@contextmanager
def quiet_memory() -> Iterator[None]:
    """Thousands of linked objects are made and dropped together: looking for garbage meanwhile takes a third of the
    time, so it is looked for after each chunk, and only among what the chunk made. What was there before is left out
    of it, for good: a worker's parent has frozen most of it, and to thaw that would cost its children their shared
    memory."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def locked(session: Session, key: UUID) -> Import | None:
    """The import as it is now, held until the transaction ends."""
    statement = select(Import).where(Import.id == key).with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def _begin(session: Session, run: JobRun, record: Import) -> None:
    """Stage the file, if that is not done, in one transaction; a dry run always begins anew."""
    plan = Plan.of(record.plan)
    entry = registry().entries.get(record.resource)
    if entry is None:
        raise Stopped(_("This kind of record is not installed any more."))
    surface = Surface(entry, session)
    if not surface.may("import"):
        raise Stopped(can(entry.key, "import").reason or _("You may not import records of this kind."))
    if dialect_of(plan.format.kind) is None and (problems := problems_of(surface, plan)):
        raise Stopped(" ".join(problems))
    take_time(session)
    if not record.is_staged:
        session.execute(delete(ImportLine).where(ImportLine.import_id == record.id))
        record.total = _stage(session, run, record, plan)
        record.is_staged = True
    if record.is_dry:
        start_afresh(session, record)
    record.state = "checking" if record.is_dry else "running"
    session.commit()


def start_afresh(session: Session, record: Import) -> None:
    """Forget what an earlier run of the same lines has found."""
    record.done_line = record.created = record.changed = record.unchanged = record.failed = 0
    noted = update(ImportLine).where(ImportLine.import_id == record.id, ImportLine.problems.is_not(None))
    session.execute(noted.values(problems=None, failed=False))


def _stage(session: Session, run: JobRun, record: Import, plan: Plan) -> int:
    count = 0
    with open_kept(session, record.file_id) as file:
        dialect = dialect_of(plan.format.kind)
        table = open_table(file, plan.format).lines if dialect is None else dialect.read(file, plan.region)
        lines: Iterator[Any] = iter(table)
        with pipelined(session):  # the database stores one part while the next is read
            while part := list(islice(lines, STAGED_AT_ONCE)):
                insert_many(session, ImportLine, [_staged(record.id, line) for line in part])
                count += len(part)
                run.progress(count, None, _("Reading the file"))
    return count


def _staged(import_id: UUID, line: Line) -> dict[str, Any]:
    return {"import_id": import_id, "line": line.number, "cells": line.cells, "unread": line.problem or None}


def _carry_out(session: Session, run: JobRun, key: UUID) -> None:
    record = locked(session, key)
    if record is None:
        return
    placer, record_total = _placer(session, record), record.total
    while (done := _chunk(session, key, placer)) is not None:
        run.progress(done, record_total)
    _finish(session, key)


def _placer(session: Session, record: Import) -> _Places:
    plan = Plan.of(record.plan)
    dialect = dialect_of(plan.format.kind)
    if dialect is not None:
        placer: _Places = dialect.placer(plan.region, record.file_name)
        return placer
    return Placer(Surface(registry().entries[record.resource], session), plan, record.id)


def _chunk(session: Session, key: UUID, placer: _Places) -> int | None:
    """Settle the next lines in one transaction. How many are settled now; None when there was none left."""
    record = locked(session, key)
    if record is None or record.state not in ("running", "checking"):
        return None
    columns = ImportLine.line, ImportLine.cells, ImportLine.unread
    mine = select(*columns).where(ImportLine.import_id == key, ImportLine.line > record.done_line)
    lines = session.execute(mine.order_by(ImportLine.line).limit(CHUNK)).all()
    if not lines:
        session.rollback()
        return None
    placed = _placed(session, placer, [(row.line, row.cells) for row in lines if row.unread is None], record.is_dry)
    placed.failed |= {row.line: [("", row.unread)] for row in lines if row.unread is not None}
    note_lines(session, key, placed)
    if not record.is_dry:
        note_changes(session, key, placed.changes)
    record.created += placed.created
    record.changed += placed.changed
    record.unchanged += placed.unchanged
    record.failed += len(placed.failed)
    record.done_line = lines[-1].line
    done = record.created + record.changed + record.unchanged + record.failed
    session.commit()
    session.expunge_all()
    gc.collect(1)
    return done


def _placed(session: Session, placer: _Places, lines: Sequence[tuple[int, Any]], is_dry: bool) -> Placed:
    if not is_dry:
        placed = placer.place(session, lines)
        session.flush()
        return placed
    savepoint = session.begin_nested()
    placed = placer.place(session, lines)
    session.flush()
    savepoint.rollback()
    return placed


_NOTE_LINES = text("""
    UPDATE import_line SET problems = noted.problems, failed = noted.failed
    FROM json_to_recordset(CAST(:rows AS json)) AS noted(line bigint, problems jsonb, failed boolean)
    WHERE tenant_id = :tenant_id AND import_id = :import_id AND import_line.line = noted.line""")


def note_lines(session: Session, key: UUID, placed: Placed) -> None:
    """Keep the reasons beside the lines they belong to."""
    rows = [{"line": line, "problems": why, "failed": True} for line, why in placed.failed.items()]
    rows += [{"line": line, "problems": why, "failed": False} for line, why in placed.remarks.items()]
    if rows:
        values = {"tenant_id": current_tenant_id(), "import_id": key, "rows": json.dumps(rows)}
        session.execute(_NOTE_LINES, values)


def _finish(session: Session, key: UUID) -> None:
    record = locked(session, key)
    if record is None:
        return
    take_time(session)
    if not record.is_dry:  # the lines are records now; those that are none stay
        settled = delete(ImportLine).where(ImportLine.import_id == key, ImportLine.problems.is_(None))
        session.execute(settled)
    record.state = "checked" if record.is_dry else "done"
    record.finished_at = utcnow()
    entry = registry().entries.get(record.resource)
    if not record.is_dry and entry is not None and entry.resource.clues:
        enqueue("merging.find", record.resource)  # nobody was asked about what looks alike
    session.commit()


def stop(session: Session, key: UUID, state: str, words: str | None) -> None:
    """What was not committed is taken back; the import says how it stands."""
    session.rollback()
    record = locked(session, key)
    if record is not None:
        record.state, record.error = state, words
        record.finished_at = record.finished_at or utcnow()  # what came later counts as a change since
    session.commit()


def _figures(session: Session, key: UUID) -> dict[str, Any]:
    record = session.get(Import, key)
    if record is None:
        return {}
    names = ("created", "changed", "unchanged", "failed")
    return {name: getattr(record, name) for name in names}
