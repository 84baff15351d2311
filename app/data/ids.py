"""Keys and clocks: UUIDv7 made in Python, and the present moment in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils.compat

_JUST_NOW = timedelta(seconds=2)


def uuid7(at: datetime | None = None) -> UUID:
    """A new time-ordered key (RFC 9562, version 7), of the present or of a moment given.

    Lists ordered by creation follow the keys, so a row that is dated back gets a key of its date.
    """
    if at is None or at > utcnow() - _JUST_NOW:  # keys of the present also keep the order in which they were made
        return uuid_utils.compat.uuid7()
    return uuid_utils.compat.uuid7(nanoseconds=int(at.timestamp() * 1_000_000) * 1000)


def utcnow() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
