"""What leaves the log: old entries (retention) and personal data (erasure). Both are told in the chain itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.changes import Told
from app.audit.verify import ERASED, PRUNED
from app.audit.writing import KIND, append
from app.data import utcnow

_LOCK = text("SELECT seq FROM audit_head WHERE tenant_id = :tenant_id FOR UPDATE")
_LAST_OLD = text(
    "SELECT seq, hash FROM audit_entry"
    " WHERE tenant_id = :tenant_id AND created_at < :before AND seq < :head ORDER BY seq DESC LIMIT 1"
)
_CHECKPOINT = text(
    "UPDATE audit_head SET pruned_seq = :seq, pruned_hash = :hash, pruned_at = now() WHERE tenant_id = :tenant_id"
)
_PRUNE = text(
    "WITH old AS (DELETE FROM audit_entry WHERE tenant_id = :tenant_id AND seq <= :seq RETURNING id),"
    " token AS (DELETE FROM search_token t USING old"
    f" WHERE t.tenant_id = :tenant_id AND t.kind = '{KIND}' AND t.record_id = old.id)"
    " SELECT count(*) FROM old"
)
_ERASE = text(
    "WITH gone AS (UPDATE audit_entry SET actor_name = NULL, ip = NULL, target_label = NULL, body = NULL, salt = NULL"
    " WHERE tenant_id = :tenant_id AND target_id = ANY(:ids) AND salt IS NOT NULL AND action <> ALL(:lasting)"
    " RETURNING id, seq),"
    " token AS (DELETE FROM search_token t USING gone"
    f" WHERE t.tenant_id = :tenant_id AND t.kind = '{KIND}' AND t.record_id = gone.id)"
    " SELECT seq FROM gone ORDER BY seq"
)


def prune(session: Session, tenant_id: UUID, days: int) -> int:
    """Remove entries older than so many days; returns how many. A session of the platform; it commits, not this.

    The chain then starts at a checkpoint, which the entry that tells of the pruning confirms.
    """
    head = session.execute(_LOCK, {"tenant_id": tenant_id}).scalar_one_or_none()
    before: datetime = utcnow() - timedelta(days=days)
    values: dict[str, Any] = {"tenant_id": tenant_id, "before": before, "head": head}
    last = session.execute(_LAST_OLD, values).one_or_none() if head else None
    if last is None:
        return 0
    count = int(session.execute(_PRUNE, {"tenant_id": tenant_id, "seq": last.seq}).scalar_one())
    session.execute(_CHECKPOINT, {"tenant_id": tenant_id, "seq": last.seq, "hash": last.hash})
    details = {"through": last.seq, "hash": last.hash.hex(), "count": count, "days": days}
    append(session, tenant_id, [Told(KIND, None, action=PRUNED, details=details)])
    return count


def erase(session: Session, tenant_id: UUID, records: Sequence[UUID], reason: str) -> int:
    """Empty the personal data of all entries about these records; returns how many. A session of the platform.

    That it was done, to which entries and why, is told in the chain, so `verify` accepts it.
    """
    session.execute(_LOCK, {"tenant_id": tenant_id})
    values = {"tenant_id": tenant_id, "ids": list(records), "lasting": [PRUNED, ERASED]}
    gone = list(session.execute(_ERASE, values).scalars())
    if gone:
        details = {"entries": gone, "reason": reason}
        append(session, tenant_id, [Told(KIND, None, action=ERASED, details=details)])
    return len(gone)
