"""The statements that move jobs: whose turn it is, what came of it. Each names the lease it works under.

A claim goes round the tenants: it starts after the tenant that was served last, takes an equal share from each one
that has something to do, and leaves out those that have their full number of long jobs running already. So a tenant
with ten thousand jobs has the workers to itself while it is alone, and shares them the moment it is not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Result, text
from sqlalchemy.orm import Session

NOBODY = UUID(int=0)
"""Before the first tenant: where a round starts."""
ALIVE_SECONDS = 15
"""A process that wrote its line this long ago, or later, is alive."""

# Rows that were locked a moment ago are changed by their place (ctid): no statistics, however old, can turn that into
# a scan of the table.
_CLAIM = text(f"""
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
    bound AS (
        SELECT CASE WHEN :per_tenant > 0 THEN :per_tenant ELSE greatest(1, count(*) - 1) END AS jobs
        FROM job_process WHERE kind = 'worker' AND seen_at > now() - interval '{ALIVE_SECONDS} s'
    ),
    served AS (
        SELECT w.tenant_id, greatest(1, :size / count(*) OVER ()) AS share
        FROM bound, waiting w LEFT JOIN busy USING (tenant_id) WHERE coalesce(busy.jobs, 0) < bound.jobs
    ),
    picked AS (
        SELECT mine.place FROM served, LATERAL (
            SELECT j.ctid AS place FROM job j WHERE j.tenant_id = served.tenant_id AND j.state = 'pending'
            ORDER BY j.priority, j.due_at, j.id LIMIT served.share FOR UPDATE SKIP LOCKED) AS mine
    )
    UPDATE job SET state = 'leased', lease_id = :lease, lease_until = now() + :seconds * interval '1 second',
                   started_at = now()
    WHERE ctid = ANY (ARRAY(SELECT place FROM picked))
    RETURNING tenant_id, id, name, args, attempts, created_by, locale, request_id, lost_leases, priority""")

_SETTLE = text("""
    UPDATE job SET
        state = ended.becomes, attempts = job.attempts + 1, last_error = ended.error, trace = ended.trace,
        result = ended.result, percent = CASE WHEN ended.becomes = 'done' THEN 100 ELSE job.percent END,
        due_at = CASE WHEN ended.becomes = 'delayed' THEN now() + ended.pause * interval '1 second' ELSE job.due_at END,
        finished_at = CASE WHEN ended.becomes <> 'delayed' THEN clock_timestamp() END,
        keep_until = CASE WHEN ended.becomes <> 'delayed' THEN now() + ended.keep_days * interval '1 day' END,
        lease_id = NULL, lease_until = NULL, version = job.version + 1, updated_at = now()
    FROM (
        SELECT told.*, CASE WHEN told.state = 'delayed' AND (mine.cancel_asked_at IS NOT NULL OR EXISTS (
                   SELECT FROM job twin WHERE twin.tenant_id = mine.tenant_id AND twin.name = mine.name
                     AND twin.unique_key = mine.unique_key AND twin.state IN ('delayed', 'pending')))
               THEN 'cancelled' ELSE told.state END AS becomes
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(
            tenant_id uuid, id uuid, lease_id uuid, state text, error text, trace text, result jsonb, pause float,
            keep_days int)
        JOIN job mine ON mine.tenant_id = told.tenant_id AND mine.id = told.id
    ) AS ended
    WHERE job.tenant_id = ended.tenant_id AND job.id = ended.id AND job.lease_id = ended.lease_id""")

_RELEASE = text("""
    UPDATE job SET
        state = CASE WHEN cancel_asked_at IS NULL THEN 'pending' ELSE 'cancelled' END,
        finished_at = CASE WHEN cancel_asked_at IS NOT NULL THEN now() END,
        keep_until = CASE WHEN cancel_asked_at IS NOT NULL THEN now() + interval '7 days' END,
        unique_key = CASE WHEN NOT EXISTS (
            SELECT FROM job twin WHERE twin.tenant_id = job.tenant_id AND twin.name = job.name
              AND twin.unique_key = job.unique_key AND twin.state IN ('delayed', 'pending')) THEN unique_key END,
        lease_id = NULL, lease_until = NULL, started_at = NULL
    WHERE lease_id = :lease AND id = ANY(:ids) AND state IN ('leased', 'running')""")

_RENEW = text("""
    UPDATE job SET state = 'running', lease_until = now() + :seconds * interval '1 second',
                   percent = coalesce(CAST(:percent AS bigint), percent), words = coalesce(CAST(:words AS text), words),
                   version = version + 1
    WHERE tenant_id = :tenant_id AND id = :id AND lease_id = :lease
    RETURNING cancel_asked_at IS NOT NULL""")

_HOLD = text("SELECT FROM job WHERE tenant_id = :tenant_id AND id = :id AND lease_id = :lease FOR SHARE")


@dataclass(frozen=True, slots=True)
class Leased:
    """A job in the hand of this process."""

    lease_id: UUID
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

    lease_id: UUID
    tenant_id: UUID
    id: UUID
    state: str
    keep_days: int
    result: Any = None
    error: str | None = None
    trace: str | None = None
    pause: float = 0


def claim(session: Session, lease: UUID, *, size: int, per_tenant: int, seconds: float, after: UUID) -> list[Leased]:
    """Lease up to `size` jobs for `seconds`, fairly between the tenants that come after `after`. Urgent ones first.

    `per_tenant` is how many long jobs of one tenant may run at the same time; 0 leaves one living worker to others.
    """
    values = {"lease": lease, "size": size, "per_tenant": per_tenant, "seconds": seconds, "after": after}
    rows = [Leased(lease, *row) for row in session.execute(_CLAIM, values)]
    return sorted(rows, key=lambda row: (row.lost_leases, row.priority, row.id))


def settle(session: Session, ended: Sequence[Outcome]) -> int:
    """Write down how jobs ended. Returns how many of them were still under their lease."""
    rows = json.dumps([asdict(one) for one in ended], default=str)
    return _touched(session.execute(_SETTLE, {"rows": rows}))


def release(session: Session, jobs: Sequence[Leased]) -> None:
    """Give jobs of one lease back that were not begun, or were rolled back for no fault of theirs."""
    if jobs:
        session.execute(_RELEASE, {"lease": jobs[0].lease_id, "ids": [job.id for job in jobs]})


def renew(session: Session, job: Leased, seconds: float, percent: int | None, words: str | None) -> bool | None:
    """Keep a running job for `seconds` more and show its progress. Says whether its end was asked for; None when the
    lease is lost."""
    values = {"seconds": seconds, "percent": percent, "words": words, "lease": job.lease_id}
    found: bool | None = session.scalar(_RENEW, {**values, "tenant_id": job.tenant_id, "id": job.id})
    return found


def hold(session: Session, job: Leased) -> bool:
    """Whether the lease is still ours; it stays so until the transaction ends."""
    values = {"tenant_id": job.tenant_id, "id": job.id, "lease": job.lease_id}
    return session.execute(_HOLD, values).first() is not None


def _touched(result: Result[Any]) -> int:
    return int(result.rowcount)  # type: ignore[attr-defined]
