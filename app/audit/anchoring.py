"""Heads of chains written down as they move, beside the scheduler: what is cut off later is missed by `verify`.

Nothing inside the database can show that a chain was longer once: whoever may cut it may set its head back as well. So
the heads are written outside of it, again and again. What came and was cut between two rounds is not seen.
"""

from __future__ import annotations

import logging
from threading import Event
from uuid import UUID

from flask import Flask

from app.audit.anchors import AnchorFile
from app.audit.keeping import anchor_file, heads, moment

log = logging.getLogger(__name__)


class Anchoring:
    """Remembers the heads it has written. The first round writes all of them."""

    def __init__(self, file: AnchorFile) -> None:
        self.file = file
        self.known: dict[UUID, int] = {}

    def round(self) -> int:
        """Write the heads that moved since the last round; returns how many. Raises BrokenAnchors."""
        found = heads()
        for tenant_id, seq, _hash in found:
            before = self.known.get(tenant_id, 0)
            if seq < before:
                log.error("the audit log of tenant %s was cut: it had %s entries and has %s", tenant_id, before, seq)
        written = self.file.add(moment(), [one for one in found if self.known.get(one[0]) != one[1]])
        self.known = {tenant_id: seq for tenant_id, seq, _hash in found}
        return written


def run_anchoring(app: Flask, stop: Event) -> None:
    """Write down the heads that move until `stop` is set, and once more then. The database may come and go."""
    with app.app_context():
        anchoring = Anchoring(anchor_file())
    seconds, complained, is_last = app.config["TENANTRY"].audit_anchor_seconds, "", False
    while not is_last:
        is_last = stop.is_set()
        try:
            with app.app_context():
                anchoring.round()
            complained = ""
        except Exception as error:
            if type(error).__name__ != complained:
                complained = type(error).__name__
                log.error("the audit log is not anchored now: %s", error)
        stop.wait(seconds)
