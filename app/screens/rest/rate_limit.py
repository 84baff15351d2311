"""How many requests an account or a token may send in a minute: counted in Redis, in memory while Redis is away."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

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


class RateLimit:
    """One counter a minute and caller, in one round trip."""

    def __init__(self, uri: str, per_minute: int) -> None:
        self.per_minute = per_minute
        self._memory = MemoryStorage()
        self._shared = _shared_storage(uri)
        self._away_until = 0.0

    def spend(self, caller: str) -> Allowance:
        """Count one request."""
        now = time.time()
        minute, into = divmod(now, WINDOW)
        spent = self._count(f"api:{caller}:{int(minute)}")
        reset = max(1, round(WINDOW - into))
        return Allowance(self.per_minute, max(0, self.per_minute - spent), reset, spent > self.per_minute)

    def _count(self, key: str) -> int:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return int(self._shared.incr(key, WINDOW))
            except self._shared.base_exceptions:
                log.warning("Redis does not answer: requests are counted in this process alone.")
                self._away_until = time.monotonic() + _PATIENCE
        return int(self._memory.incr(key, WINDOW))


def _shared_storage(uri: str) -> Storage | None:
    if not uri or uri.startswith("memory:"):
        return None
    options = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
    return storage_from_string(uri, **options)  # type: ignore[arg-type]


def init_rate_limit(app: Flask) -> None:
    """Read `API_REQUESTS_PER_MINUTE` and the address of Redis; nothing is connected yet."""
    per_minute = int(app.config.get("API_REQUESTS_PER_MINUTE") or PER_MINUTE)
    app.extensions[_EXTENSION] = RateLimit(app.config.get("RATELIMIT_STORAGE_URI", ""), per_minute)


def spend(person: Principal | None) -> Allowance:
    """Count one request of a token, or of an account's sessions together."""
    limiter: RateLimit = current_app.extensions[_EXTENSION]
    if person is None:
        return limiter.spend("nobody")
    return limiter.spend(f"token:{person.token_id}" if person.token_id else f"account:{person.uid}")
