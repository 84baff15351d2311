"""`tenantry contacts ...`: contacts from the command line."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tenant", "slug", required=True, metavar="SLUG", help="The tenant to import into.")
@click.option("--region", metavar="CC", help="Country of numbers without country code [default: the tenant's].")
@click.option("--dry-run", is_flag=True, help="Say what would happen and store nothing.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the lines that were not imported to this file.")
def import_(file: Path, slug: str, region: str | None, dry_run: bool, report: Path | None) -> None:
    """Take the contacts of FILE into a tenant: an address book of Google or Outlook, vCard, or any CSV, XLSX or JSON.

    People of an address book who are there already are completed, never overwritten; importing a file again adds
    nothing.
    """
    from app.transfer.commands import import_file

    import_file(file, slug, "contacts.contact", region=region, dry_run=dry_run, report=report)
