"""Listens to every session: what a transaction changes is kept until it commits, then written in one go.

Entries are written last, so that the head of the tenant's chain is locked for as short as can be; they are rows of the
same transaction, so a rollback or a kill leaves neither the change nor its entry. What a savepoint rolls back is
forgotten with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from app.audit.cascades import follow
from app.audit.changes import Remark, RowChange, gather, type_of
from app.audit.noticing import flushed, learn
from app.audit.writing import append
from app.data import Record, current_tenant_id, db
from app.host import EXTENSION, Registry
from app.host.borders import need_own_name

_WAITING = "tenantry_audit"
_WRITTEN = "tenantry_audit_written"
_MOST = 5_000
"""So many changes are kept at most: a transaction of a million rows must not hold a million of them in memory."""


@dataclass
class Waiting:
    """What one transaction has done so far. `marks` remember how much of it was there when a savepoint began."""

    noticed: list[RowChange | Remark] = field(default_factory=list)
    marks: dict[SessionTransaction, int] = field(default_factory=dict)
    is_committing: bool = False
    written: range = range(0)
    """The numbers of the entries written so far; they follow each other, for the head of the chain stays locked."""


def note(
    action: str,
    record: Record | None = None,
    details: dict[str, Any] | None = None,
    *,
    session: Session | None = None,
) -> None:
    """Tell the log of the tenant in force what is not a change of a row: `note("transfer.export", details={...})`.

    `action` is a full name, of a plugin's own when one calls. `details` is plain JSON. With `record`, the entry is
    about it, and one with its changes.
    It is written when the transaction of the session (of this request or job, unless one is given) commits.
    """
    need_own_name(action, "the entry")
    remark = Remark(current_tenant_id(), action, details=details or {})
    if record is not None:
        remark.target_type, remark.target_id = type_of(type(record), _registry()), record.id
        remark.label = str(record)[:255]
    wanted = db.session() if session is None else session
    wanted.connection()  # a transaction that does nothing else must commit too
    _waiting(wanted).noticed.append(remark)


def notice(session: Session, changes: Iterable[RowChange | Remark]) -> None:
    """Keep changes until the transaction commits: for writers that go past the session's flush."""
    waiting = _waiting(session)
    waiting.noticed.extend(changes)
    if _is_full(session, waiting):
        write(session)


def write(session: Session) -> None:
    """Write what has been kept; tenants in the order of their ids, so that two transactions cannot wait in a circle."""
    waiting = _waiting(session)
    noticed, waiting.noticed = waiting.noticed, []
    by_tenant: dict[UUID, list[RowChange | Remark]] = defaultdict(list)
    for one in noticed:
        by_tenant[one.tenant_id].append(one)
    registry = _registry()
    for tenant_id in sorted(by_tenant):
        numbers = append(session, tenant_id, gather(by_tenant[tenant_id], registry))
        if numbers:
            waiting.written = range(waiting.written.start or numbers.start, numbers.stop)


def just_written(session: Session) -> range:
    """The numbers of the entries that the last transaction of a session of one tenant wrote."""
    found: range = session.info.get(_WRITTEN, range(0))
    return found


def _is_full(session: Session, waiting: Waiting) -> bool:
    """Whether to write before the commit. Not inside a savepoint: rolling it back would take away entries of changes
    that were made before it."""
    return len(waiting.noticed) > _MOST and not session.in_nested_transaction()


def _waiting(session: Session) -> Waiting:
    found: Waiting = session.info.setdefault(_WAITING, Waiting())
    return found


def _registry() -> Registry | None:
    return current_app.extensions.get(EXTENSION) if has_app_context() else None


@event.listens_for(Session, "before_flush")
def _look(session: Session, context: Any, instances: Any) -> None:
    learn(session)
    going: dict[tuple[type[Record], UUID], list[UUID]] = defaultdict(list)
    for row in session.deleted:
        if isinstance(row, Record):
            going[type(row), row.tenant_id].append(row.id)
    for (model, tenant_id), ids in going.items():
        notice(session, follow(session, model, tenant_id, ids))


@event.listens_for(Session, "after_flush")
def _collect(session: Session, context: Any) -> None:
    _waiting(session).noticed.extend(flushed(session))


@event.listens_for(Session, "after_flush_postexec")
def _write_late(session: Session, context: Any) -> None:
    waiting = _waiting(session)
    if waiting.noticed and (waiting.is_committing or _is_full(session, waiting)):
        write(session)


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    waiting = _waiting(session)
    waiting.is_committing = True  # another listener may still change rows: they are written with their flush
    if waiting.noticed:
        write(session)


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        waiting = _waiting(session)
        waiting.marks[transaction] = len(waiting.noticed)


@event.listens_for(Session, "after_soft_rollback")
def _take_back(session: Session, transaction: SessionTransaction) -> None:
    waiting = _waiting(session)
    if transaction in waiting.marks:
        del waiting.noticed[waiting.marks.pop(transaction) :]


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:  # that of a savepoint comes before its rollback is told, so its mark stays
        waiting = session.info.pop(_WAITING, None)
        session.info[_WRITTEN] = waiting.written if waiting is not None else range(0)
