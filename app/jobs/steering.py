"""Asking jobs to stop, and letting them start again. Each is one statement that looks at the state as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import case, func, or_, update
from sqlalchemy.orm import Session

from app.data import db
from app.jobs.models import QueuedJob
from app.jobs.outcome import KEEP_DAYS
from app.jobs.waking import wake_after_commit

STUCK = ("failed", "parked", "cancelled")
OPEN = ("delayed", "pending", "leased", "running")


def cancel_jobs(rows: Sequence[QueuedJob]) -> str:
    """The action: jobs that wait never start, jobs that run are asked to end. Refuses when none of them is open."""
    count = cancel(db.session(), [row.id for row in rows])
    if not count:
        raise ValueError(_("None of these jobs can be cancelled: they have ended already."))
    return str(ngettext("%(num)s job was asked to end.", "%(num)s jobs were asked to end.", count))


def retry_jobs(rows: Sequence[QueuedJob]) -> str:
    """The action: jobs that failed, were parked or cancelled start again. Refuses when there is none among them."""
    count = retry(db.session(), [row.id for row in rows])
    if not count:
        raise ValueError(_("None of these jobs can start again: they have not failed."))
    return str(ngettext("%(num)s job starts again.", "%(num)s jobs start again.", count))


def cancel(session: Session, ids: Sequence[UUID]) -> int:
    """Cancel jobs and their parts. Returns how many were still open. The edge commits."""
    waits = QueuedJob.state.in_(("delayed", "pending"))
    in_days = func.now() + func.make_interval(0, 0, 0, KEEP_DAYS)
    values = {
        "cancel_asked_at": func.now(),
        "state": case((waits, "cancelled"), else_=QueuedJob.state),
        "finished_at": case((waits, func.now())),
        "keep_until": case((waits, in_days)),
    }
    return _change(session, ids, QueuedJob.state.in_(OPEN), values)


def retry(session: Session, ids: Sequence[UUID]) -> int:
    """Let jobs that got stuck start again, with all their attempts; of a batch those parts that did not succeed.

    Returns how many do. The edge commits.
    """
    is_parent = QueuedJob.batch_id == QueuedJob.id
    forgotten = (
        "unique_key", "cancel_asked_at", "last_error", "trace", "started_at", "finished_at", "keep_until", "percent",
        "words",
    )  # fmt: skip
    state = case((is_parent, "running"), else_="pending")
    values = {"state": state, "due_at": func.now(), "attempts": 0, "lost_leases": 0, **dict.fromkeys(forgotten)}
    wake_after_commit(session)
    return _change(session, ids, QueuedJob.state.in_(STUCK), values)


def _change(session: Session, ids: Sequence[UUID], condition: Any, values: dict[str, Any]) -> int:
    chosen = or_(QueuedJob.id.in_(ids), QueuedJob.batch_id.in_(ids))
    statement = update(QueuedJob).where(chosen, condition).values(version=QueuedJob.version + 1, **values)
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)
