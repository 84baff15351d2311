"""The line that every worker, dispatcher and scheduler keeps of itself, so that it is known who lives."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from contextlib import suppress
from uuid import UUID

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.data import platform_session, uuid7

BEAT_SECONDS = 5.0
RETIRED = UUID(int=0)

_SHOW = text("""
    INSERT INTO job_process (id, kind, host, pid, busy_with, finished, failed, per_minute)
    VALUES (:id, :kind, :host, :pid, :busy_with, :finished, :failed, :per_minute)
    ON CONFLICT (id) DO UPDATE SET seen_at = now(), busy_with = excluded.busy_with, finished = excluded.finished,
        failed = excluded.failed, per_minute = excluded.per_minute""")
# What the dead have done stays in one row, so that the sums only grow.
_RETIRE = text("""
    WITH gone AS (
        DELETE FROM job_process
        WHERE kind <> 'retired' AND (id = :id OR seen_at < now() - interval '2 minutes') RETURNING finished, failed)
    INSERT INTO job_process (id, kind, host, pid, finished, failed)
    SELECT :retired, 'retired', '', 0, sum(finished), sum(failed) FROM gone HAVING count(*) > 0
    ON CONFLICT (id) DO UPDATE SET finished = job_process.finished + excluded.finished,
                                   failed = job_process.failed + excluded.failed""")


def retire(session: Session, key: UUID | None = None) -> None:
    """Take away the lines of processes that died, and that of `key`, which is about to end."""
    session.execute(_RETIRE, {"id": key, "retired": RETIRED})


class Presence:
    """Of one process. `kind` is worker, dispatcher or scheduler."""

    def __init__(self, app: Flask, kind: str) -> None:
        self.app = app
        self._id = uuid7()
        self._self = {"id": self._id, "kind": kind, "host": socket.gethostname()[:255], "pid": os.getpid()}
        self._shown_at = float("-inf")
        self._counts: deque[tuple[float, int]] = deque(maxlen=13)

    def beat(self, busy_with: str | None = None, finished: int = 0, failed: int = 0) -> None:
        """Write the line, at most every five seconds."""
        now = time.monotonic()
        if now - self._shown_at < BEAT_SECONDS:
            return
        self._shown_at = now
        self._counts.append((now, finished))
        values = {"busy_with": busy_with, "finished": finished, "failed": failed, "per_minute": self._per_minute()}
        with self.app.app_context(), platform_session("workers belong to no tenant") as session:
            session.execute(_SHOW, {**self._self, **values})

    def leave(self) -> None:
        """Take the line away: this process ends in good order. Without a database it grows old by itself."""
        with suppress(DBAPIError), self.app.app_context(), platform_session("workers belong to no tenant") as session:
            retire(session, self._id)

    def _per_minute(self) -> int:
        (since, before), (now, count) = self._counts[0], self._counts[-1]
        return round((count - before) * 60 / max(now - since, 60))
