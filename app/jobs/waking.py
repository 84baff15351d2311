"""Telling the dispatcher that there is something to do. Only a hint: it looks by itself every second as well."""

from __future__ import annotations

import contextlib
import time

import redis
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.data.session import TenantSession

WAKE = "tenantry:jobs:wake"
"""A list in Redis of at most one entry: dispatchers wait for it."""
PATIENCE = 0.5
REST = 5.0
"""Seconds without a try after Redis did not answer: requests must not wait for it again and again."""
_MARK = "tenantry_jobs"
_EXTENSION = "tenantry_jobs_waking"


class Waking:
    """The connection of one process."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self._resting_until = 0.0

    def wake(self) -> None:
        """Leave the hint. Does nothing when Redis is away."""
        if time.monotonic() < self._resting_until:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.lpush(WAKE, 1)
                pipe.ltrim(WAKE, 0, 0)
                pipe.execute()
        except redis.RedisError:
            self._resting_until = time.monotonic() + REST


def wake_dispatcher() -> None:
    """Leave the hint now."""
    extensions = current_app.extensions
    if _EXTENSION not in extensions:
        extensions[_EXTENSION] = Waking(current_app.config["TENANTRY"].redis_url)
    extensions[_EXTENSION].wake()


def wake_after_commit(session: Session) -> None:
    """Leave the hint once the transaction of this session is committed."""
    session.info[_MARK] = True


@event.listens_for(TenantSession, "after_commit")
def _committed(session: Session) -> None:
    if _MARK in session.info and not session.in_nested_transaction():
        del session.info[_MARK]
        with contextlib.suppress(RuntimeError):  # outside an application: a bare session of a test
            wake_dispatcher()


@event.listens_for(TenantSession, "after_soft_rollback")
def _rolled_back(session: Session, previous: object) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_MARK, None)
