"""The upkeep of all tenants' logs: what the commands and the daily job do. Uses the settings of the application."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from app.audit import retention
from app.audit.anchors import Anchor, AnchorFile
from app.audit.models import AuditHead
from app.audit.verify import Report, snapshot
from app.audit.verify import verify as walk
from app.data import platform_session, utcnow
from app.tenancy.models import Tenant


def anchor_file() -> AnchorFile:
    """The anchors of this installation."""
    settings = current_app.config["TENANTRY"]
    return AnchorFile(settings.audit_anchors, settings.derived_key("audit anchors"))


def tenants(slug: str | None = None) -> Sequence[tuple[UUID, str]]:
    """(id, slug) of the tenants, closed ones included: their logs last."""
    wanted = select(Tenant.id, Tenant.slug).order_by(Tenant.slug)
    with platform_session("the log of every tenant is kept") as session:
        rows = session.execute(wanted if slug is None else wanted.where(Tenant.slug == slug)).all()
    return [(row.id, row.slug) for row in rows]


def verify_all(slug: str | None = None) -> Iterator[tuple[str, Report]]:
    """Walk the chain of each tenant. Raises BrokenAnchors when the file of anchors was tampered with."""
    anchors = anchor_file().read()
    for tenant_id, name in tenants(slug):
        yield name, verify_one(tenant_id, anchors.get(tenant_id, ()))


def verify_one(tenant_id: UUID, anchors: Sequence[Anchor] = ()) -> Report:
    """Walk one chain, in one state of the database."""
    with platform_session("a chain is verified from outside its tenant") as session:
        snapshot(session)
        return walk(session, tenant_id, anchors)


def anchor_all() -> int:
    """Write the heads that moved into the file of anchors; returns how many. Raises BrokenAnchors."""
    known = {tenant: anchors[-1].seq for tenant, anchors in anchor_file().read().items()}
    return anchor_file().add(moment(), [one for one in heads() if known.get(one[0]) != one[1]])


def heads() -> list[tuple[UUID, int, bytes]]:
    """Tenant, number and hash of the last entry of each chain."""
    with platform_session("heads of all chains are written down") as session:
        found = session.execute(select(AuditHead.tenant_id, AuditHead.seq, AuditHead.hash)).all()
    return [(row[0], row[1], row[2]) for row in found]


def prune_all(days: int | None = None) -> int:
    """Remove entries older than so many days (the setting's by default; 0 keeps all); returns how many.

    Each tenant is a transaction of its own, so no head stays locked for long.
    """
    return sum(prune_one(tenant_id, days) for tenant_id, _slug in tenants())


def prune_one(tenant_id: UUID, days: int | None = None) -> int:
    """The same for one tenant."""
    keep = current_app.config["TENANTRY"].audit_keep_days if days is None else days
    if keep <= 0:
        return 0
    with platform_session("retention removes old entries, which nobody in a tenant may") as session:
        return retention.prune(session, tenant_id, keep)


def moment() -> str:
    """The present, as the file of anchors and its readers write it."""
    return utcnow().isoformat(timespec="seconds")


def erase_records(tenant_id: UUID, records: Sequence[UUID], reason: str) -> int:
    """Empty the personal data of all entries about records (the right to be forgotten); returns how many entries."""
    with platform_session("erasure empties what nobody in a tenant may change") as session:
        return retention.erase(session, tenant_id, records, reason)
