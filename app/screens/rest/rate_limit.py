"""How many requests an account or a token may send in a minute: counted in Redis, in memory while Redis is away.

Far from the limit a process adds up a few requests before it tells Redis; near the limit it asks at every one. Several
processes together can therefore let pass a few more than the limit, and most requests cost no round trip.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask import Flask, current_app
from limits.storage import MemoryStorage, Storage, storage_from_string

from app.identity.principal import Principal

log = logging.getLogger(__name__)

PER_MINUTE = 600
WINDOW = 60
"""Seconds."""
_EXTENSION = "tenantry.rate_limit"
_PATIENCE = 10.0
"""Seconds until a Redis that did not answer is asked again."""
_BATCH = 10
_MOST_LATE = 1.0
"""Seconds that a counted request may stay untold."""
_MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the present minute."""

    limit: int
    remaining: int
    reset: int
    """Seconds until the next minute begins."""
    exceeded: bool = False

    def headers(self) -> dict[str, str]:
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }
        return found | {"Retry-After": str(self.reset)} if self.exceeded else found


@dataclass(slots=True)
class _Tally:
    """One caller's minute, as this process knows it."""

    minute: int
    told_at: float = -_MOST_LATE
    total: int = 0
    """What Redis said last."""
    untold: int = 0


class RateLimit:
    """Counters by caller and minute."""

    def __init__(self, uri: str, per_minute: int, clock: Callable[[], float] = time.time) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._memory = MemoryStorage()
        self._shared = _shared_storage(uri)
        self._away_until = 0.0
        self._tallies: dict[str, _Tally] = {}
        self._lock = Lock()

    def spend(self, caller: str) -> Allowance:
        """Count one request."""
        now = self._clock()
        minute, into = divmod(now, WINDOW)
        spent = self._count(caller, int(minute), now)
        reset = max(1, round(WINDOW - into))
        return Allowance(self.per_minute, max(0, self.per_minute - spent), reset, spent > self.per_minute)

    def _count(self, caller: str, minute: int, now: float) -> int:
        with self._lock:
            tally = self._tally(caller, minute)
            tally.untold += 1
            known = tally.total + tally.untold
            if tally.untold < _BATCH and now - tally.told_at < _MOST_LATE and known < self.per_minute - 2 * _BATCH:
                return known
            telling, tally.untold, tally.told_at = tally.untold, 0, now
        total = self._add(f"api:{caller}:{minute}", telling)
        with self._lock:
            tally.total = max(total, tally.total)
            return tally.total + tally.untold

    def _tally(self, caller: str, minute: int) -> _Tally:
        found = self._tallies.get(caller)
        if found is None or found.minute != minute:
            if len(self._tallies) > _MOST_CALLERS:
                self._tallies.clear()
            found = self._tallies[caller] = _Tally(minute)
        return found

    def _add(self, key: str, requests: int) -> int:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return int(self._shared.incr(key, WINDOW, requests))
            except self._shared.base_exceptions:
                log.warning("Redis does not answer: requests are counted in this process alone.")
                self._away_until = time.monotonic() + _PATIENCE
        return int(self._memory.incr(key, WINDOW, requests))


def _shared_storage(uri: str) -> Storage | None:
    if not uri or uri.startswith("memory:"):
        return None
    options: dict[str, Any] = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
    found = storage_from_string(uri, **options)
    return found if isinstance(found, Storage) else None


def init_rate_limit(app: Flask) -> None:
    """Read `API_REQUESTS_PER_MINUTE` and the address of Redis; nothing is connected yet."""
    per_minute = int(app.config.get("API_REQUESTS_PER_MINUTE") or PER_MINUTE)
    app.extensions[_EXTENSION] = RateLimit(app.config.get("RATELIMIT_STORAGE_URI", ""), per_minute)


def limiter() -> RateLimit:
    """The rate limit of the running application."""
    found: RateLimit = current_app.extensions[_EXTENSION]
    return found


def spend(person: Principal | None) -> Allowance:
    """Count one request of a token, or of an account's sessions together."""
    if person is None:
        return limiter().spend("nobody")
    return limiter().spend(f"token:{person.token_id}" if person.token_id else f"account:{person.uid}")
