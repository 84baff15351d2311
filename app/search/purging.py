"""Forgetting the tokens of a plugin that goes: a step of its life cycle."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.data import current_tenant_id

BATCH = 10_000

_FORGET = text(
    "DELETE FROM search_token WHERE tenant_id = :tenant_id AND (kind, token, record_id) IN (SELECT kind, token,"
    " record_id FROM search_token WHERE tenant_id = :tenant_id AND kind >= :low AND kind < :high LIMIT :batch)"
)
_FORGET_PROGRESS = text("DELETE FROM search_rebuild WHERE tenant_id = :tenant_id AND kind >= :low AND kind < :high")


def forget_plugin(session: Session, plugin: str) -> int:
    """Delete the tokens of all kinds of a plugin in the tenant in force; returns how many there were.

    Commits in batches, so that a large tenant does not hold locks for long; may be called again.
    """
    values = {"tenant_id": current_tenant_id(), "low": f"{plugin}.", "high": f"{plugin}/", "batch": BATCH}
    total = 0
    while gone := session.execute(_FORGET, values).rowcount:  # type: ignore[attr-defined]
        total += gone
        session.commit()
    session.execute(_FORGET_PROGRESS, values)
    session.commit()
    return total
