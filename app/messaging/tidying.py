"""What nobody looks at any more: read notices after three months, all after a year, counts of past days."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, delete, or_

from app.data import db, utcnow
from app.host import JobRun
from app.messaging.models import Notification, SendQuota

READ, ALL = timedelta(days=90), timedelta(days=365)


def tidy(run: JobRun) -> int:
    """The nightly job. Returns how many notices are gone."""
    now = utcnow()
    old = or_(
        and_(Notification.read_at < now - READ, Notification.due_at < now - READ), Notification.due_at < now - ALL
    )
    quiet = {"synchronize_session": False}
    gone = db.session.execute(delete(Notification).where(old), execution_options=quiet)
    past = delete(SendQuota).where(SendQuota.on_day < (now - READ).date())
    db.session.execute(past, execution_options=quiet)
    return int(gone.rowcount)  # type: ignore[attr-defined]
