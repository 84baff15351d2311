"""What nobody else does: jobs whose time has come, leases that were lost, batches that are complete, rows kept long
enough. Any number of processes may do it at once; each row is done by one.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.data import platform_session
from app.jobs.outcome import KEEP_DAYS
from app.jobs.presence import retire

MOST_LOSSES = 3
AT_ONCE = 1000

_PROMOTE = text("""
    UPDATE job SET state = 'pending' WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job WHERE state = 'delayed' AND due_at <= now()
        ORDER BY due_at LIMIT :at_once FOR UPDATE SKIP LOCKED))""")

_RECOVER = text("""
    UPDATE job SET
        state = CASE WHEN lost_leases + 1 >= :most THEN 'parked'
                     WHEN cancel_asked_at IS NOT NULL THEN 'cancelled' ELSE 'pending' END,
        finished_at = CASE WHEN lost_leases + 1 >= :most OR cancel_asked_at IS NOT NULL THEN now() END,
        keep_until = CASE WHEN lost_leases + 1 >= :most OR cancel_asked_at IS NOT NULL
                          THEN now() + :keep_days * interval '1 day' END,
        last_error = coalesce(CAST(:words AS jsonb) ->> locale, CAST(:words AS jsonb) ->> 'en'),
        lost_leases = lost_leases + 1, lease_id = NULL, lease_until = NULL, version = version + 1
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job WHERE lease_id IS NOT NULL AND lease_until < now()
        LIMIT :at_once FOR UPDATE SKIP LOCKED))
    RETURNING name, id, state""")

_OPEN_BATCHES = text("""
    SELECT parent.tenant_id, parent.id, parent.locale, count(part.id) AS parts,
           count(*) FILTER (WHERE part.state = 'done') AS done,
           count(*) FILTER (WHERE part.state IN ('failed', 'parked')) AS failed,
           count(*) FILTER (WHERE part.state = 'cancelled') AS cancelled
    FROM job parent LEFT JOIN job part ON part.tenant_id = parent.tenant_id AND part.batch_id = parent.id
                                AND part.id <> parent.id
    WHERE parent.state = 'running' AND parent.lease_id IS NULL
    GROUP BY parent.tenant_id, parent.id, parent.locale LIMIT :at_once""")

_SHOW_BATCH = text("""
    UPDATE job SET state = :state, percent = :percent, words = :words, last_error = :error,
        finished_at = CASE WHEN :state <> 'running' THEN now() END,
        keep_until = CASE WHEN :state <> 'running' THEN now() + :keep_days * interval '1 day' END,
        version = version + 1
    WHERE tenant_id = :tenant_id AND id = :id AND state = 'running' AND lease_id IS NULL
      AND (state, percent) IS DISTINCT FROM (:state, :percent)""")

_PURGE = text("""
    DELETE FROM job WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job WHERE keep_until < now()
        ORDER BY keep_until LIMIT :at_once FOR UPDATE SKIP LOCKED))""")


def sweep(app: Flask) -> list[tuple[str, str, str]]:
    """Once round: promote, recover, show batches. Returns name, id and new state of every job whose lease was lost."""
    with app.app_context(), platform_session("jobs of all tenants are swept together") as session:
        session.execute(_PROMOTE, {"at_once": AT_ONCE})
        lost = _recover(session)
        for batch in session.execute(_OPEN_BATCHES, {"at_once": AT_ONCE}).all():
            _show(session, batch)
    return lost


def purge(app: Flask) -> int:
    """Remove rows that were kept long enough. Returns how many."""
    with app.app_context(), platform_session("jobs of all tenants are swept together") as session:
        retire(session)
        return int(session.execute(_PURGE, {"at_once": AT_ONCE}).rowcount)  # type: ignore[attr-defined]


def _recover(session: Session) -> list[tuple[str, str, str]]:
    """Lost leases: back to the queue, or parked when it happened too often to be chance."""
    values = {"most": MOST_LOSSES, "keep_days": KEEP_DAYS, "words": json.dumps(_words()), "at_once": AT_ONCE}
    return [(name, str(key), state) for name, key, state in session.execute(_RECOVER, values)]


def _words() -> dict[str, str]:
    """Why a lease is lost, in every language that a job may be asked for in."""
    found = {}
    for language in current_app.config["LANGUAGES"]:
        with force_locale(language):
            found[language] = _("The worker that ran it ended without a word.")
    return found


def _show(session: Session, batch: Any) -> None:
    over = batch.done + batch.failed + batch.cancelled
    state, error = "running", None
    if over == batch.parts:
        state = "failed" if batch.failed else "cancelled" if batch.cancelled else "done"
    if batch.failed:
        with force_locale(batch.locale or "en"):
            error = _("%(failed)s of %(parts)s parts failed.", failed=batch.failed, parts=batch.parts)
    percent = over * 100 // batch.parts if batch.parts else 100
    values = {"state": state, "percent": percent, "words": f"{over:,} / {batch.parts:,}", "error": error}
    session.execute(_SHOW_BATCH, {**values, "tenant_id": batch.tenant_id, "id": batch.id, "keep_days": KEEP_DAYS})
