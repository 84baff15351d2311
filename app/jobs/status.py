"""How the jobs of all tenants stand, in a few statements: for the operator's page and for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.jobs.claim import ALIVE_SECONDS

# Each state is counted by the partial index that was made for it.
_OVERVIEW = text(f"""
    SELECT (SELECT count(*) FROM job WHERE state = 'pending') AS pending,
           (SELECT count(*) FROM job WHERE state = 'delayed') AS delayed,
           (SELECT count(*) FROM job WHERE lease_id IS NOT NULL) AS running,
           (SELECT count(*) FROM job WHERE state IN ('failed', 'parked') AND state = 'failed') AS failed,
           (SELECT count(*) FROM job WHERE state IN ('failed', 'parked') AND state = 'parked') AS parked,
           (SELECT extract(epoch FROM now() - min(due_at)) FROM job WHERE state = 'pending') AS oldest_seconds,
           coalesce(sum(finished), 0) AS finished, coalesce(sum(failed), 0) AS ended_badly,
           coalesce(sum(per_minute) FILTER (WHERE seen_at > now() - interval '{ALIVE_SECONDS} s'), 0) AS per_minute,
           count(*) FILTER (WHERE kind = 'worker' AND seen_at > now() - interval '{ALIVE_SECONDS} s') AS workers,
           count(*) FILTER (WHERE kind = 'dispatcher' AND seen_at > now() - interval '{ALIVE_SECONDS} s')
               AS dispatchers,
           count(*) FILTER (WHERE kind = 'scheduler' AND seen_at > now() - interval '{ALIVE_SECONDS} s') AS schedulers
    FROM job_process""")
_PROCESSES = text(f"""
    SELECT kind, host, pid, started_at, seen_at, busy_with, finished, per_minute,
           seen_at > now() - interval '{ALIVE_SECONDS} s' AS alive
    FROM job_process WHERE kind <> 'retired' ORDER BY kind, started_at LIMIT 200""")
_BACKLOG = text("""
    SELECT t.slug, t.name, waiting.jobs, waiting.oldest
    FROM (SELECT tenant_id, count(*) AS jobs, min(due_at) AS oldest FROM job WHERE state = 'pending'
          GROUP BY tenant_id ORDER BY count(*) DESC LIMIT 20) AS waiting
    JOIN tenant t ON t.id = waiting.tenant_id ORDER BY waiting.jobs DESC""")
_STUCK = text("""
    SELECT j.id, t.slug, j.title, j.name, j.state, j.attempts, j.last_error, j.trace, j.finished_at
    FROM job j JOIN tenant t ON t.id = j.tenant_id
    WHERE j.state IN ('failed', 'parked') ORDER BY j.finished_at DESC NULLS LAST LIMIT 100""")


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of all tenants. Seconds of age; jobs a minute over all living workers."""

    pending: int
    delayed: int
    running: int
    failed: int
    parked: int
    oldest_seconds: float
    finished: int
    ended_badly: int
    per_minute: int
    workers: int
    dispatchers: int
    schedulers: int


def overview(session: Session) -> Overview:
    """The numbers."""
    found = session.execute(_OVERVIEW).one()._asdict()
    return Overview(**{**found, "oldest_seconds": float(found["oldest_seconds"] or 0)})


def processes(session: Session) -> Sequence[Row[Any]]:
    """Who works."""
    return session.execute(_PROCESSES).all()


def backlog(session: Session) -> Sequence[Row[Any]]:
    """The tenants with the most jobs that could start now."""
    return session.execute(_BACKLOG).all()


def stuck(session: Session) -> Sequence[Row[Any]]:
    """The latest hundred jobs that failed or were parked."""
    return session.execute(_STUCK).all()
