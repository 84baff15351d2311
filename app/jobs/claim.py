"""The statements that move jobs: whose turn it is, what came of it. Each names the lease it works under.

A claim goes round the tenants: it starts after the tenant that was served last, takes an equal share from each one
that has something to do, and leaves out those that already have their full number of long jobs running. So a tenant
with ten thousand jobs waits behind nobody, and nobody waits behind it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

NOBODY = UUID(int=0)
"""Before the first tenant: where a round starts."""

_PROMOTE = text("""
    UPDATE job SET state = 'pending' WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM job WHERE state = 'delayed' AND due_at <= now()
        ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED)""")

_CLAIM = text("""
    WITH RECURSIVE waiting(tenant_id, position) AS (
        (SELECT tenant_id, 1 FROM job WHERE state = 'pending' AND tenant_id > :after ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT following.tenant_id, position + 1
        FROM waiting, LATERAL (
            SELECT j.tenant_id FROM job j WHERE j.state = 'pending' AND j.tenant_id > waiting.tenant_id
            ORDER BY j.tenant_id LIMIT 1) AS following
        WHERE position < :size
    ),
    busy AS (
        SELECT tenant_id, count(*) AS jobs FROM job WHERE lease_id IS NOT NULL AND state = 'running' GROUP BY tenant_id
    ),
    served AS (
        SELECT w.tenant_id, greatest(1, :size / count(*) OVER ()) AS share
        FROM waiting w LEFT JOIN busy USING (tenant_id) WHERE coalesce(busy.jobs, 0) < :limit
    ),
    picked AS (
        SELECT mine.tenant_id, mine.id FROM served, LATERAL (
            SELECT j.tenant_id, j.id FROM job j WHERE j.tenant_id = served.tenant_id AND j.state = 'pending'
            ORDER BY j.priority, j.due_at, j.id LIMIT served.share FOR UPDATE SKIP LOCKED) AS mine
    )
    UPDATE job SET state = 'leased', lease_id = :lease, lease_until = now() + :term, started_at = now()
    FROM picked WHERE job.tenant_id = picked.tenant_id AND job.id = picked.id
    RETURNING job.tenant_id, job.id, job.name, job.args, job.attempts, job.created_by, job.locale, job.request_id,
              job.lost_leases, job.priority""")

_SETTLE = text("""
    UPDATE job SET
        state = CASE WHEN ended.state = 'delayed' AND EXISTS (
            SELECT FROM job twin WHERE twin.tenant_id = job.tenant_id AND twin.name = job.name
              AND twin.unique_key = job.unique_key AND twin.state IN ('delayed', 'pending'))
            THEN 'cancelled' ELSE ended.state END,
        attempts = job.attempts + 1, last_error = ended.error, trace = ended.trace, result = ended.result,
        percent = CASE WHEN ended.state = 'done' THEN 100 ELSE job.percent END,
        due_at = CASE WHEN ended.state = 'delayed' THEN now() + ended.pause * interval '1 second' ELSE job.due_at END,
        finished_at = CASE WHEN ended.state = 'delayed' THEN NULL ELSE clock_timestamp() END,
        keep_until = CASE WHEN ended.state = 'delayed' THEN NULL
                          ELSE now() + ended.keep_days * interval '1 day' END,
        lease_id = NULL, lease_until = NULL, version = job.version + 1, updated_at = now()
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS ended(
        tenant_id uuid, id uuid, state text, error text, trace text, result jsonb, pause float, keep_days int)
    WHERE job.tenant_id = ended.tenant_id AND job.id = ended.id AND job.lease_id = :lease""")


@dataclass(frozen=True, slots=True)
class Leased:
    """A job in the hand of this process."""

    tenant_id: UUID
    id: UUID
    name: str
    args: list[Any]
    attempts: int
    created_by: UUID | None
    locale: str
    request_id: str | None
    lost_leases: int
    priority: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `delayed` is tried again after `pause` seconds."""

    tenant_id: UUID
    id: UUID
    state: str
    keep_days: int
    result: Any = None
    error: str | None = None
    trace: str | None = None
    pause: float = 0


def promote(session: Session) -> None:
    """Jobs whose time has come may start."""
    session.execute(_PROMOTE)


def claim(session: Session, lease: UUID, *, size: int, limit: int, term: timedelta, after: UUID) -> list[Leased]:
    """Lease up to `size` jobs for `term`, fairly between the tenants that come after `after`. Urgent ones first.

    `limit` is how many long jobs of one tenant may run at the same time.
    """
    values = {"lease": lease, "size": size, "limit": limit, "term": term, "after": after}
    rows = [Leased(*row) for row in session.execute(_CLAIM, values)]
    return sorted(rows, key=lambda row: (row.priority, row.id))


def settle(session: Session, lease: UUID, ended: Sequence[Outcome]) -> int:
    """Write down how jobs ended. Returns how many rows were still under this lease."""
    rows = json.dumps([asdict(one) for one in ended], default=str)
    return int(session.execute(_SETTLE, {"rows": rows, "lease": lease}).rowcount)  # type: ignore[attr-defined]
