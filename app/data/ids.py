"""Keys and clocks: UUIDv7 made in Python, and the present moment in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat


def uuid7() -> UUID:
    """A new time-ordered key (RFC 9562, version 7)."""
    return uuid_utils.compat.uuid7()


def utcnow() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
