"""The line that every worker, dispatcher and scheduler keeps of itself, so that it is known who lives."""

from __future__ import annotations

import os
import socket
import time
from collections import deque

from flask import Flask
from sqlalchemy import text

from app.data import platform_session, uuid7

BEAT_SECONDS = 5.0

_SHOW = text("""
    INSERT INTO job_process (id, kind, host, pid, busy_with, finished, failed, per_minute)
    VALUES (:id, :kind, :host, :pid, :busy_with, :finished, :failed, :per_minute)
    ON CONFLICT (id) DO UPDATE SET seen_at = now(), busy_with = excluded.busy_with, finished = excluded.finished,
        failed = excluded.failed, per_minute = excluded.per_minute""")
_LEAVE = text("DELETE FROM job_process WHERE id = :id")


class Presence:
    """Of one process. `kind` is worker, dispatcher or scheduler."""

    def __init__(self, app: Flask, kind: str) -> None:
        self.app = app
        self._self = {"id": uuid7(), "kind": kind, "host": socket.gethostname()[:255], "pid": os.getpid()}
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
        """Take the line away: this process ends in good order."""
        with self.app.app_context(), platform_session("workers belong to no tenant") as session:
            session.execute(_LEAVE, {"id": self._self["id"]})

    def _per_minute(self) -> int:
        (since, before), (now, count) = self._counts[0], self._counts[-1]
        return round((count - before) * 60 / max(now - since, 60))
