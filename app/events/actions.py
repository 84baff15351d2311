"""What a person may do with events: let them be handled again."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import delete

from app.data import db
from app.events.models import DEAD, RUNNING, WAITING, DomainEvent, EventHandling
from app.events.relay import JOB
from app.jobs import enqueue


def retry(rows: Sequence[EventHandling]) -> str:
    """Handlers that failed for good get all their attempts again."""
    failed = [row for row in rows if row.state == DEAD]
    if not failed:
        raise ValueError(_("Only what failed for good can be tried again."))
    for row in failed:
        row.state, row.attempts, row.due_at = WAITING, 0, None
        row.event.state, row.event.settled_at = RUNNING, None
        enqueue(JOB, row.id)
    return str(_("Tried again: %(count)s.", count=len(failed)))


def replay(rows: Sequence[DomainEvent]) -> str:
    """Settled events go to all handlers of today once more, as if they had just happened."""
    settled = [row for row in rows if row.state not in (WAITING, RUNNING)]
    if not settled:
        raise ValueError(_("These events are still being handled."))
    db.session.execute(delete(EventHandling).where(EventHandling.event_id.in_([row.id for row in settled])))
    for row in settled:
        row.state, row.settled_at = WAITING, None
    return str(_("Handled again: %(count)s.", count=len(settled)))
