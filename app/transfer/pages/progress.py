"""What the pages of imports and exports have in common: a file that a job works at, how far it is, what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.data import db
from app.jobs.models import QueuedJob
from app.screens.page import ActionButton, Badge, Link


@dataclass(frozen=True, slots=True)
class Progress:
    """How it stands. The page looks again by itself while the job is busy."""

    title: str
    trail: tuple[Link, ...]
    badge: Badge
    is_busy: bool
    here: str
    done: int
    total: int
    progress: str
    error: str
    actions: tuple[ActionButton, ...]


def done_so_far(job_id: UUID | None, total: int) -> int:
    """Of `total`, as much as the job says: its percentage is written now and then while it works."""
    job = db.session.get(QueuedJob, job_id) if job_id is not None else None
    return total * (job.percent or 0) // 100 if job is not None else 0
