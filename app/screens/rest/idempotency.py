"""`Idempotency-Key`: a POST that is sent twice happens once, and the second sender gets the first one's answer.

The key is claimed in a short transaction of its own, before the work begins. The answer is stored in the very
transaction of the work, so that either both are kept or neither. A refusal gives the key back. A claim whose process
died is taken over after `LEASE`; should the first one still be alive, it finds its claim gone when it wants to commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy import DateTime, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Uuid, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.data import TenantTable, current_tenant_id, db, utcnow
from app.data.session import TenantSession
from app.screens.rest.calls import SecretAnswer
from app.screens.rest.problems import Problem

KEEP = timedelta(hours=24)
LEASE = timedelta(seconds=60)
LONGEST_KEY = 255
_SWEEP = 20


class IdempotencyKey(TenantTable):
    """One key of one account: what it stood for, and the answer once there is one."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "account_uid", "key", name="pk_idempotency_key"),
        Index("ix_idempotency_key_expires_at", "tenant_id", "expires_at"),
    )

    account_uid: Mapped[UUID] = mapped_column(Uuid)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    route: Mapped[str] = mapped_column(String(500))
    request_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    """`running` or `done`."""
    claim: Mapped[UUID] = mapped_column(Uuid)
    """Who works on it: the process that took over has another one."""
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lease_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of a key."""

    account_uid: UUID
    key: str
    id: UUID

    @property
    def _mine(self) -> tuple[Any, ...]:
        row = IdempotencyKey
        return row.account_uid == self.account_uid, row.key == self.key, row.claim == self.id

    def settle(self, session: Session, response: Response) -> None:
        """Store the answer in the transaction of the work. Raises Problem 409 when the claim was taken over."""
        kept = {name: value for name, value in response.headers.items() if name in ("Location", "ETag", "Content-Type")}
        body = response.kept if isinstance(response, SecretAnswer) else response.get_data()
        values = {"state": "done", "status": response.status_code, "headers": kept, "body": body}
        statement = update(IdempotencyKey).where(*self._mine).values(values).returning(IdempotencyKey.key)
        if session.execute(statement.execution_options(synchronize_session=False)).first() is None:
            raise _in_flight()

    def release(self) -> None:
        """Give the key back: nothing was done."""
        with _own_transaction() as session:
            session.execute(delete(IdempotencyKey).where(*self._mine).execution_options(synchronize_session=False))


def key_of_request() -> str | None:
    """The header's value. Raises Problem 422 when it is none we can store."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        words = _("A key has 1 to %(count)s printable ASCII characters.", count=LONGEST_KEY)
        raise Problem(422, "invalid", words, {"Idempotency-Key": words})
    return key


def claim_key(key: str, account_uid: UUID) -> Claim | Response:
    """The claim to do the work, or the answer of when it was done. Raises Problem: 422 other request, 409 in flight."""
    digest = _request_digest()
    mine = Claim(account_uid, key, uuid4())
    with _own_transaction() as session:
        _sweep(session)
        if _insert(session, mine, digest):
            return mine
        found = session.scalars(
            select(IdempotencyKey).where(IdempotencyKey.account_uid == account_uid, IdempotencyKey.key == key)
        ).one_or_none()
        if found is None:  # released between the two statements
            raise _in_flight()
        if found.request_hash != digest:
            words = _("This key was used for another request. Use a new one for each.")
            raise Problem(422, "key_reused", words, {"Idempotency-Key": words})
        if found.state != "done":
            raise _in_flight()
        return _replay(found)


def _insert(session: Session, mine: Claim, digest: str) -> bool:
    now = utcnow()
    row = IdempotencyKey
    values = {
        "tenant_id": current_tenant_id(),
        "account_uid": mine.account_uid,
        "key": mine.key,
        "route": f"{request.method} {request.path}"[:500],
        "request_hash": digest,
        "state": "running",
        "claim": mine.id,
        "status": None,
        "headers": None,
        "body": None,
        "created_at": now,
        "lease_until": now + LEASE,
        "expires_at": now + KEEP,
    }
    abandoned = (row.state == "running") & (row.lease_until < now) & (row.request_hash == digest)
    statement = insert(row).values(values).on_conflict_do_update(
        index_elements=["tenant_id", "account_uid", "key"],
        set_={name: value for name, value in values.items() if name not in ("tenant_id", "account_uid", "key")},
        where=(row.expires_at < now) | abandoned,
    )  # fmt: skip
    return session.execute(statement.returning(row.claim)).first() is not None


def _sweep(session: Session) -> None:
    """Drop a few expired keys of the tenant, without waiting for anybody."""
    row = IdempotencyKey
    old = select(row.account_uid, row.key).where(row.expires_at < utcnow()).limit(_SWEEP)
    gone = session.execute(old.with_for_update(skip_locked=True)).all()
    for account_uid, key in gone:
        session.execute(delete(row).where(row.account_uid == account_uid, row.key == key))


def _request_digest() -> str:
    query = request.query_string
    return sha256(b"\0".join((request.method.encode(), request.path.encode(), query, request.get_data()))).hexdigest()


def _replay(found: IdempotencyKey) -> Response:
    response = Response(found.body or b"", found.status)
    for name, value in (found.headers or {}).items():
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _in_flight() -> Problem:
    detail = _("The first request with this key is still under way.")
    return Problem(409, "in_flight", detail, headers={"Retry-After": "1"})


@contextmanager
def _own_transaction() -> Iterator[Session]:
    """A session beside the request's own, committed at the end of the block."""
    with TenantSession(db) as session, session.begin():
        yield session
