"""Adding entries to a tenant's chain: lock its head, compute every hash, write all entries: two statements.

Thousands of entries are written in parts: the database writes one while the next is made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit import chain
from app.audit.changes import Told
from app.audit.labels import name_targets
from app.audit.models import AuditEntry
from app.audit.signature import Signature, signature
from app.data import uuid7
from app.data.driver import pipelined
from app.search.making import value_tokens

PART = 250
"""Entries of one statement."""
KIND = "console.audit_entry"
"""The resource of the log's screen; its search finds entries by the words of their record's name."""

_LOCK = text("SELECT seq, hash, clock_timestamp() FROM audit_head WHERE tenant_id = :tenant_id FOR UPDATE")
_START = text("INSERT INTO audit_head (tenant_id, hash) VALUES (:tenant_id, :hash) ON CONFLICT (tenant_id) DO NOTHING")
_OWN = {
    "id": "uuid", "seq": "bigint", "action": "text", "target_type": "text", "target_id": "uuid", "target_label": "text",
    "body": "text", "salt": "bytea", "digest": "bytea", "hash": "bytea",
}  # fmt: skip
_COMMON = {
    "created_at": "timestamptz", "updated_at": "timestamptz", "created_by": "uuid", "actor_name": "text",
    "via": "text", "ip": "text", "request_id": "text", "membership_id": "uuid", "token_id": "uuid", "job_id": "uuid",
}  # fmt: skip
"""What all entries of a transaction share: who, when and how."""
_NAMES = ", ".join((*_OWN, *_COMMON))
_APPEND = text(
    f"WITH entry AS (INSERT INTO audit_entry (tenant_id, {_NAMES}) SELECT :tenant_id, {_NAMES}"
    f" FROM json_to_recordset(CAST(:rows AS json)) AS r({', '.join(map(' '.join, _OWN.items()))}),"
    f" json_to_record(CAST(:common AS json)) AS c({', '.join(map(' '.join, _COMMON.items()))})),"
    " token AS (INSERT INTO search_token (tenant_id, kind, fields, token, record_id)"
    f" SELECT :tenant_id, '{KIND}', 'target_label', t.token, t.id"
    " FROM json_to_recordset(CAST(:tokens AS json)) AS t(token text, id uuid))"
    " UPDATE audit_head SET seq = :seq, hash = :hash WHERE tenant_id = :tenant_id"
)


def append(session: Session, tenant_id: UUID, told: Sequence[Told]) -> range:
    """Add entries to the chain of a tenant; their numbers. The head stays locked until the transaction ends."""
    if not told:
        return range(0)
    name_targets(session, tenant_id, told)
    seq, previous, now = _lock_head(session, tenant_id)
    signed = signature()
    common = _common(signed, now)
    with pipelined(session) if len(told) > PART else nullcontext():
        for start in range(0, len(told), PART):
            rows = _rows(told[start : start + PART], signed, seq + start, now, previous)
            previous = rows[-1]["hash"]
            _insert(session, tenant_id, rows, common)
    return range(seq + 1, seq + 1 + len(told))


def _lock_head(session: Session, tenant_id: UUID) -> tuple[int, bytes, datetime]:
    found = session.execute(_LOCK, {"tenant_id": tenant_id}).one_or_none()
    if found is None:
        session.execute(_START, {"tenant_id": tenant_id, "hash": chain.genesis(tenant_id)})
        found = session.execute(_LOCK, {"tenant_id": tenant_id}).one()
    return found[0], found[1], found[2]


def _rows(told: Sequence[Told], signed: Signature, seq: int, now: datetime, previous: bytes) -> list[dict[str, Any]]:
    """The entries that follow the one with this number and hash."""
    salts = os.urandom(chain.SALT_BYTES * len(told))
    rows: list[dict[str, Any]] = []
    for at, one in enumerate(told):
        salt = salts[at * chain.SALT_BYTES : (at + 1) * chain.SALT_BYTES]
        rows.append(_row(one, signed, seq + at + 1, now, salt, previous))
        previous = rows[-1]["hash"]
    return rows


def _row(one: Told, signed: Signature, seq: int, now: datetime, salt: bytes, previous: bytes) -> dict[str, Any]:
    body = chain.canonical(one.body)
    digest = chain.digest_of(salt, (signed.actor_name, signed.ip, one.label, body))
    entry_id = uuid7()
    ids = (entry_id, signed.actor_id, signed.membership_id, signed.token_id, signed.job_id, one.target_id)
    texts = (one.name, one.target_type, signed.via, signed.request_id)
    facts = chain.facts_of(seq, now, ids, texts, digest)
    return {
        "id": entry_id, "seq": seq, "action": one.name, "target_type": one.target_type, "target_id": one.target_id,
        "target_label": one.label, "body": body, "salt": salt, "digest": digest,
        "hash": chain.hash_of(previous, facts),
    }  # fmt: skip


def _common(signed: Signature, now: datetime) -> dict[str, Any]:
    return {
        "created_at": now, "updated_at": now, "created_by": signed.actor_id, "actor_name": signed.actor_name,
        "via": signed.via, "ip": signed.ip, "request_id": signed.request_id, "membership_id": signed.membership_id,
        "token_id": signed.token_id, "job_id": signed.job_id,
    }  # fmt: skip


def _insert(session: Session, tenant_id: UUID, rows: list[dict[str, Any]], common: dict[str, Any]) -> None:
    label = AuditEntry.__fields__["target_label"]
    tokens = [{"token": one, "id": row["id"]} for row in rows for one in value_tokens(label, row["target_label"])]
    session.execute(
        _APPEND,
        {
            "tenant_id": tenant_id,
            "rows": orjson.dumps(rows, default=_as_text).decode(),
            "common": orjson.dumps(common).decode(),
            "tokens": orjson.dumps(tokens).decode(),
            "seq": rows[-1]["seq"],
            "hash": rows[-1]["hash"],
        },
    )


def _as_text(value: Any) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
