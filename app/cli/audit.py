"""`tenantry audit`: the upkeep of the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from app.cli.context import application
from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from app.audit.verify import Report


@click.group()
def audit() -> None:
    """The audit log: a chain of entries for each tenant."""


@audit.command()
@click.option("--tenant", metavar="SLUG", help="Only this tenant's chain.")
def verify(tenant: str | None) -> None:
    """Walk the chains and compare them with the anchors; exit with status 1 at the first break."""
    from app.audit.anchors import BrokenAnchors
    from app.audit.keeping import verify_all

    with application():
        try:
            reports = list(verify_all(tenant))
        except BrokenAnchors as broken:
            raise Refusal(str(broken)) from broken
    if tenant is not None and not reports:
        raise Refusal(f"There is no tenant at “{tenant}”.")
    for slug, report in reports:
        click.echo(f"{slug:20} {report.broken or _sound(report)}")
    broken_chains = [slug for slug, report in reports if report.broken]
    if broken_chains:
        raise Refusal(f"Broken: the chain of {', '.join(broken_chains)}.")


def _sound(report: Report) -> str:
    erased = f", {report.erased} erased" if report.erased else ""
    unanchored = f", the last {report.unanchored} not anchored yet" if report.unanchored else ""
    return f"{report.entries} entries hold{erased}{unanchored}"


@audit.command()
def anchor() -> None:
    """Write the heads of all chains into the file of anchors (TENANTRY_AUDIT_ANCHORS). Keep a copy elsewhere."""
    from app.audit.anchors import BrokenAnchors
    from app.audit.keeping import anchor_all, anchor_file

    with application():
        try:
            moved = anchor_all()
        except BrokenAnchors as broken:
            raise Refusal(str(broken)) from broken
        click.echo(f"{moved} heads written to {anchor_file().path}.")


@audit.command()
@click.option("--days", type=click.IntRange(1), help="Instead of TENANTRY_AUDIT_KEEP_DAYS.")
def prune(days: int | None) -> None:
    """Remove entries that are older than the log is kept. The chain goes on from a checkpoint."""
    from app.audit.keeping import prune_all

    with application():
        click.echo(f"{prune_all(days)} entries removed.")


@audit.command()
@click.argument("tenant")
@click.argument("record", type=click.UUID)
@click.option("--reason", required=True, help="Why, for the entry that tells of it.")
def erase(tenant: str, record: UUID, reason: str) -> None:
    """Empty the personal data of all entries about RECORD in TENANT. The chain still holds."""
    from app.audit.keeping import erase_records, tenants

    with application():
        found = tenants(tenant)
        if not found:
            raise Refusal(f"There is no tenant at “{tenant}”.")
        click.echo(f"{erase_records(found[0][0], [record], reason)} entries emptied.")
