"""Walking a tenant's chain and saying, in words, where it is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.audit import chain
from app.audit.anchors import Anchor
from app.audit.models import AuditEntry, AuditHead
from app.data.session import EXPLICIT

PRUNED = "console.audit_entry.prune"
ERASED = "console.audit_entry.erase"
_PAGE = 2_000
_COLUMNS = (
    "id seq created_at created_by membership_id token_id job_id target_id action target_type via request_id"
    " actor_name ip target_label body salt digest hash"
).split()


@dataclass
class Report:
    """What was found in one tenant's chain."""

    entries: int = 0
    erased: int = 0
    seq: int = 0
    """The number of the last entry."""
    hash: bytes = b""
    unanchored: int = 0
    """How many of the last entries no anchor vouches for yet: if some had been cut off, nobody could tell."""
    broken: str = ""
    """The first break as a sentence; empty when the chain holds."""


@dataclass
class _Walk:
    """Where the walk is. `erased` are entries without personal data, `allowed` those whose erasure is on record,
    `confirmed` the checkpoints that pruning told of."""

    seq: int
    hash: bytes
    report: Report
    erased: set[int] = field(default_factory=set)
    allowed: set[int] = field(default_factory=set)
    confirmed: set[tuple[int, str]] = field(default_factory=set)


def verify(session: Session, tenant_id: UUID, anchors: Sequence[Anchor] = ()) -> Report:
    """Check every entry of a tenant against its hash, the order, the head and the anchors. Reads in pages.

    Reads one snapshot: the transaction must be REPEATABLE READ when people are at work (`snapshot` makes it so).
    """
    report = Report()
    head = session.execute(
        select(AuditHead.seq, AuditHead.hash, AuditHead.pruned_seq, AuditHead.pruned_hash).where(
            AuditHead.tenant_id == tenant_id
        )
    ).one_or_none()
    start = (head.pruned_seq, head.pruned_hash) if head is not None and head.pruned_seq else (0, None)
    walk = _Walk(start[0], start[1] or chain.genesis(tenant_id), report)
    due = {one.seq: one for one in anchors}
    for row in _rows(session, tenant_id):
        report.broken = _check(walk, row) or _check_anchor(walk, due)
        if report.broken:
            return report
    report.seq, report.hash = walk.seq, walk.hash
    report.erased = len(walk.erased)
    report.unanchored = walk.seq - max((one.seq for one in anchors), default=0)
    report.broken = _check_end(walk, head, due)
    return report


def snapshot(session: Session) -> None:
    """Let a transaction that has just begun see one state of the database throughout."""
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def _rows(session: Session, tenant_id: UUID) -> Iterator[Row[Any]]:
    table: Any = AuditEntry.__table__
    wanted = select(*(table.c[name] for name in _COLUMNS)).where(table.c.tenant_id == tenant_id)
    last = -1
    while True:
        page = session.execute(
            wanted.where(table.c.seq > last).order_by(table.c.seq).limit(_PAGE), execution_options={EXPLICIT: True}
        ).all()
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1].seq


def _check(walk: _Walk, row: Any) -> str:
    """One entry against the one before it; what is wrong with it."""
    if row.seq != walk.seq + 1:
        missing = f"{walk.seq + 1}" if row.seq == walk.seq + 2 else f"{walk.seq + 1} to {row.seq - 1}"
        return f"Entry {missing} is missing: entry {walk.seq} is followed by entry {row.seq}."
    ids = (row.id, row.created_by, row.membership_id, row.token_id, row.job_id, row.target_id)
    texts = (row.action, row.target_type, row.via, row.request_id)
    expected = chain.hash_of(walk.hash, chain.facts_of(row.seq, row.created_at, ids, texts, row.digest))
    if row.hash != expected:
        return f"Entry {row.seq} of {_when(row.created_at)} was changed, or the entry before it was replaced."
    erasable = (row.actor_name, row.ip, row.target_label, row.body)
    if row.salt is None and erasable == (None, None, None, None):
        walk.erased.add(row.seq)
    elif row.salt is None or chain.digest_of(row.salt, erasable) != row.digest:
        return f"The content of entry {row.seq} of {_when(row.created_at)} was changed."
    walk.seq, walk.hash = row.seq, row.hash
    walk.report.entries += 1
    _note_permission(walk, row)
    return ""


def _note_permission(walk: _Walk, row: Any) -> None:
    """Erasing and pruning are allowed when the chain itself says that they were done."""
    if row.action not in (PRUNED, ERASED) or row.body is None:
        return
    details = json.loads(row.body).get("details", {})
    walk.allowed.update(details.get("entries", ()))
    if "through" in details:
        walk.confirmed.add((details["through"], details["hash"]))


def _check_anchor(walk: _Walk, due: dict[int, Anchor]) -> str:
    anchor = due.pop(walk.seq, None)
    if anchor is None or anchor.hash == walk.hash.hex():
        return ""
    return f"Entry {walk.seq} is not the one that was anchored on {anchor.at}: the chain was rewritten."


def _check_end(walk: _Walk, head: Any, due: dict[int, Anchor]) -> str:
    if head is None:
        return "The head of the chain is missing." if walk.seq or due else ""
    if (head.seq, head.hash) != (walk.seq, walk.hash):
        return f"The chain should end with entry {head.seq} and ends with entry {walk.seq}: its last entries are gone."
    late = sorted(seq for seq in due if seq > walk.seq)
    if late:
        return f"Entry {late[0]} was anchored on {due[late[0]].at} and is not there: the chain was cut."
    if head.pruned_seq and (head.pruned_seq, (head.pruned_hash or b"").hex()) not in walk.confirmed:
        return f"Entries up to {head.pruned_seq} are gone, and no entry says that retention removed them."
    unexplained = walk.erased - walk.allowed
    if unexplained:
        return f"The content of entry {min(unexplained)} is gone, and no entry says that it was erased."
    return ""


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")
