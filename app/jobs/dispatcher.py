"""The dispatcher: notices that jobs are due, wakes as many workers as there is work for, and sweeps up.

It claims nothing. A worker claims when it can run, so nothing waits in a buffer between the two and a hint that is
lost loses no job. Any number of dispatchers may run; one is enough.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import redis
from flask import Flask
from rq import Queue
from sqlalchemy import text

from app.data import platform_session
from app.jobs.claim import ALIVE_SECONDS
from app.jobs.presence import Presence
from app.jobs.sweeping import purge, sweep
from app.jobs.waking import WAKE
from app.jobs.worker import hint_queue, push_hints

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
"""Redis wakes it sooner; without Redis it looks this often."""
PURGE_SECONDS = 60.0
REST = 0.02

_WANTED = text(f"""
    SELECT (SELECT count(*) FROM (SELECT FROM job WHERE state = 'pending' LIMIT 1000) AS waiting),
           (SELECT count(*) FROM job_process WHERE kind = 'worker' AND seen_at > now() - interval '{ALIVE_SECONDS} s'),
           (SELECT extract(epoch FROM min(due_at) - now()) FROM job WHERE state = 'delayed')""")


class Dispatcher:
    """Of one process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.redis = redis.Redis.from_url(app.config["TENANTRY"].redis_url, socket_timeout=LOOK_SECONDS + 2)
        self.queue: Queue = hint_queue(self.redis)
        self._swept_at = self._purged_at = float("-inf")
        self._complained_of = ""
        self._rests = False

    def run(self, stop: Callable[[], bool]) -> None:
        """Look, wake, wait, until `stop` says so. The database and Redis may come and go."""
        presence = Presence(self.app, "dispatcher")
        while not stop():
            try:
                presence.beat()
                pause = self.look()
                self._wait(pause)
                self._complained_of = ""
            except Exception as error:
                self._complain(error)
                time.sleep(min(LOOK_SECONDS, 0.3))
        presence.leave()

    def look(self) -> float:
        """Once round. Returns how many seconds nothing needs to be done."""
        now = time.monotonic()
        if now - self._swept_at >= LOOK_SECONDS:
            self._swept_at = now
            self._sweep(now)
        with self.app.app_context(), platform_session("jobs of all tenants share the workers") as session:
            pending, workers, next_due = session.execute(_WANTED).one()
        missing = min(pending, workers) - len(self.queue)
        if missing > 0:
            push_hints(self.queue, missing)
            self._rests = True
        if next_due is None:
            return LOOK_SECONDS
        if next_due <= 0:
            self._swept_at = float("-inf")
        return min(LOOK_SECONDS, max(0.01, float(next_due)))

    def _sweep(self, now: float) -> None:
        for name, key, state in sweep(self.app):
            log.warning("job %s %s lost its worker: %s", name, key, state)
        if now - self._purged_at >= PURGE_SECONDS and purge(self.app) == 0:
            self._purged_at = now

    def _wait(self, seconds: float) -> None:
        if self._rests:  # the workers are coming: what is enqueued meanwhile they find by themselves
            self._rests = False
            time.sleep(REST)
        self.redis.blpop([WAKE], timeout=seconds)

    def _complain(self, error: Exception) -> None:
        """Once for each kind of trouble, not every second of it."""
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        if words != self._complained_of:
            self._complained_of = words
            log.warning("the dispatcher waits: %s", words)


def dispatch(app: Flask, stop: Callable[[], bool]) -> None:
    """Be a dispatcher until `stop` says so."""
    Dispatcher(app).run(stop)
