"""Processing what came in: what it writes and the note that it was processed are one transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from flask_babel import gettext as _

from app.data import db, utcnow
from app.events.handling import pause_after
from app.host import JobRun, WebhookIn, registry
from app.host.at_work import working
from app.jobs import enqueue
from app.jobs.person import refused_here
from app.webhooks.models import DEAD, DONE, WAITING, ReceivedWebhook

log = logging.getLogger(__name__)
JOB = "webhooks.process"


def process(run: JobRun, received_id: str) -> None:
    """The job of one received event. Does nothing when it was processed already."""
    session = db.session()
    row = session.get(ReceivedWebhook, UUID(received_id), with_for_update=True)
    if row is None or row.state != WAITING:
        return
    plugin, _dot, name = row.source.partition(".")
    inlet = registry().happenings.inlets.get((plugin, name))
    row.attempts += 1
    if inlet is None:
        row.state, row.last_error = DEAD, _("The plugin that takes these messages is not installed any more.")
        return
    if refusal := refused_here(row.source):
        row.state, row.last_error = DEAD, refusal
        return
    _attempt(row, inlet)


def _attempt(row: ReceivedWebhook, inlet: WebhookIn) -> None:
    session = db.session()
    try:
        with session.begin_nested(), working(row.source.partition(".")[0]):
            inlet.process(row.data)
    except Exception as error:
        log.warning("The message %s of %s could not be processed.", row.id, row.source, exc_info=error)
        row.last_error = f"{type(error).__name__}: {error}"[:2000]
        if row.attempts >= inlet.attempts:
            row.state = DEAD
        else:
            enqueue(JOB, row.id, delay=pause_after(row.attempts))
    else:
        row.state, row.processed_at = DONE, utcnow()


def replay(rows: Sequence[ReceivedWebhook]) -> str:
    """The action that processes messages once more."""
    settled = [row for row in rows if row.state != WAITING]
    if not settled:
        raise ValueError(_("These messages are still being processed."))
    for row in settled:
        row.state, row.attempts = WAITING, 0
        enqueue(JOB, row.id)
    return str(_("Processed again: %(count)s.", count=len(settled)))
