"""Writing jobs down. The row is part of the caller's transaction: rolled back, there never was a job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from flask import has_request_context
from flask_babel import get_locale
from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert

from app.data import current_scope, current_tenant_id, db, utcnow, uuid7
from app.host import Job, registry
from app.host.borders import need_own_name
from app.identity.principal import principal
from app.jobs.models import HOLDS_KEY, PRIORITIES, QueuedJob
from app.jobs.waking import wake_after_commit

Priority = Literal["high", "normal", "low"]
LONGEST_KEY = 200
LONGEST_ARGUMENTS = 100_000
"""Characters of JSON: jobs take ids and load the rest."""


def enqueue(
    name: str,
    *args: Any,
    delay: float | timedelta | None = None,
    priority: Priority | None = None,
    unique_key: str | None = None,
    batch: UUID | None = None,
) -> UUID:
    """Write a job into the transaction of `db.session`; it starts soon after the commit. Returns its id.

    `name` is a declared job. Arguments are ids, texts, numbers, and lists or dicts of them. `delay` is in seconds.
    With `unique_key` (or a job declared unique) a job that waits already is returned instead of a second one; it is
    locked until this transaction ends, so that it cannot start on what was there before. `batch` is the id that
    `enqueue_batch` gave. Raises LookupError for an unknown job, NotDeclared for another plugin's, TypeError or
    ValueError for arguments that do not fit.
    """
    need_own_name(name, "the job")
    values = row_values(declared(name), list(args), delay=delay, priority=priority, unique_key=unique_key)
    values["batch_id"] = batch
    wake_after_commit(db.session())
    if values["unique_key"] is not None:
        return _only_one(values)
    db.session.add(row := QueuedJob(**values))
    return row.id


def enqueue_batch(name: str, items: Sequence[Any], *, size: int = 50, title: str = "") -> UUID:
    """Write one job for every `size` items, and a parent that shows how many of them are done. Returns its id.

    Each part gets a list of items as its one argument. Chunks of 50 to 100 cost far less than a job for each item.
    """
    need_own_name(name, "the job")
    job = declared(name)
    parent = QueuedJob(**{**row_values(job, []), "unique_key": None, "state": "running", "percent": 0})
    parent.title = title or parent.title
    parent.batch_id, parent.started_at = parent.id, utcnow()
    db.session.add(parent)
    for start in range(0, len(items), size):
        enqueue(name, list(items[start : start + size]), batch=parent.id)
    wake_after_commit(db.session())
    return parent.id


def declared(name: str) -> Job:
    """The declaration of a job. Raises LookupError when no installed plugin has it."""
    job = registry().jobs.get(name)
    if job is None:
        raise LookupError(f"No installed plugin declares the job “{name}”.")
    return job


def row_values(
    job: Job,
    args: list[Any],
    *,
    delay: float | timedelta | None = None,
    priority: Priority | None = None,
    unique_key: str | None = None,
) -> dict[str, Any]:
    """The columns of a new job, tenant and author excepted. Raises TypeError or ValueError for arguments that do not
    fit."""
    plain = _fit_for_json(job, args)
    if job.unique and unique_key is None:
        unique_key = json.dumps(plain, sort_keys=True)
    pause = delay if isinstance(delay, timedelta) else timedelta(seconds=delay or 0)
    later = {"state": "delayed", "due_at": func.now() + pause} if pause > timedelta(0) else {"state": "pending"}
    return {
        **later,
        "id": uuid7(),
        "name": job.name,
        "title": str(job.title)[:255],
        "args": plain,
        "unique_key": unique_key and _short(unique_key),
        "priority": PRIORITIES[priority or job.priority],
        "locale": _language(),
        "request_id": current_scope().request_id,
    }


def _language() -> str:
    """The language of whoever asks; empty where nobody does (the relay, a schedule): the job speaks its tenant's."""
    return str(get_locale() or "") if has_request_context() or principal() is not None else ""


def _short(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def _fit_for_json(job: Job, args: list[Any]) -> list[Any]:
    plain = [str(one) if isinstance(one, UUID) else one for one in args]
    written = json.dumps(plain, allow_nan=False)  # objects are refused here, not when the job runs
    if len(written) > LONGEST_ARGUMENTS:
        raise ValueError(f"{job.name}: the arguments are too long; give ids and let the job load the rest.")
    return plain


def _only_one(values: dict[str, Any]) -> UUID:
    """The row is written, or the one that waits is locked until our transaction ends: never neither, never both."""
    values |= {"tenant_id": current_tenant_id(), "created_by": current_scope().actor_id}
    statement = insert(QueuedJob).values(**values)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant_id", "name", "unique_key"],
        index_where=text(HOLDS_KEY),
        set_={"due_at": func.least(QueuedJob.due_at, statement.excluded.due_at)},
    )
    found: UUID = db.session.execute(statement.returning(QueuedJob.id)).scalar_one()
    return found
