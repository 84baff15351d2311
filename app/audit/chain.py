"""The arithmetic of the chain: what is hashed, in which form. Change it and every old entry is broken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

SALT_BYTES = 16


def genesis(tenant_id: UUID) -> bytes:
    """What the first entry of a tenant is chained to: an entry cannot be moved to another tenant's chain."""
    return hashlib.sha256(f"tenantry audit {tenant_id}".encode()).digest()


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks: the same value is always the same text. What JSON cannot hold becomes text:
    nothing may stop a change from being told."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # a number of more than 64 bits
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest_of(salt: bytes, erasable: Sequence[str | None]) -> bytes:
    """The digest of the erasable columns (all of `models.ERASABLE` but the salt, in that order).

    The salt is erased with them, so nobody can find out by guessing what they were.
    """
    return hashlib.sha256(salt + canonical(list(erasable)).encode()).digest()


def hash_of(previous: bytes, facts: Sequence[Any]) -> bytes:
    """The hash of an entry: `facts` are its lasting columns, see `facts_of`."""
    return hashlib.sha256(previous + canonical(list(facts)).encode()).digest()


def facts_of(
    seq: int, at: datetime, ids: Sequence[UUID | None], texts: Sequence[str | None], digest: bytes
) -> list[Any]:
    """What of an entry lasts, as `canonical` writes it: its number, its moment in UTC, ids (entry, actor, membership,
    token, job, record), texts (action, kind of record, via, request) and the digest of the rest."""
    return [seq, _moment(at), list(ids), list(texts), digest.hex()]


@lru_cache(maxsize=16)
def _moment(at: datetime) -> str:
    """All entries of a transaction have one."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
