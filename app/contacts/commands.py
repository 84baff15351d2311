"""`tenantry contacts ...`: contacts from the command line."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from app.contacts.importing import Outcome

SHOWN = 50
"""Rows with remarks that are printed; all of them are in the report."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tenant", "slug", required=True, metavar="SLUG", help="The tenant to import into.")
@click.option("--region", metavar="CC", help="Country of numbers without country code [default: the tenant's].")
@click.option("--dry-run", is_flag=True, help="Say what would happen and store nothing.")
@click.option("--report", type=click.Path(path_type=Path), help="Write what became of every row to this CSV file.")
def import_(file: Path, slug: str, region: str | None, dry_run: bool, report: Path | None) -> None:
    """Take the contacts of FILE into a tenant: CSV of Google Contacts or Outlook, or vCard.

    Rows that are there already are completed, never overwritten; importing a file again adds nothing.
    """
    _write(report, [])  # it must be sure that the report can be written before anything is stored
    with _application():
        outcomes = _outcomes(file, slug, region, dry_run=dry_run)
    _write(report, outcomes)
    _print(outcomes, report, dry_run=dry_run)


def _write(report: Path | None, outcomes: list[Outcome]) -> None:
    from app.contacts.importing import write_report
    from app.ops.refusal import Refusal

    if report is None:
        return
    try:
        write_report(report, outcomes)
    except OSError as error:
        raise Refusal(f"The report “{report}” cannot be written: {error.strerror}.") from error


@contextmanager
def _application() -> Iterator[None]:
    """The application's context: the surrounding one, or a new one once it is sure that the database answers."""
    from flask import has_app_context

    from app import create_app
    from app.ops.preflight import check_database
    from config import load_settings

    if has_app_context():
        yield
        return
    settings = load_settings()
    check_database(settings)
    with create_app(settings).app_context():
        yield


def _outcomes(file: Path, slug: str, region: str | None, *, dry_run: bool) -> list[Outcome]:
    from app.contacts.dialects import UnknownDialect, read_people
    from app.contacts.importing import import_rows
    from app.data import Scope, db, scope
    from app.ops.refusal import Refusal
    from app.tenancy.services import find_tenant

    tenant = find_tenant(slug)
    if tenant is None:
        raise Refusal(f"There is no tenant “{slug}”.")
    try:
        rows = read_people(file, _region(region or tenant.country))
    except UnknownDialect as refused:
        raise Refusal(str(refused)) from refused
    # What is loaded now lives as long as the command; looking through it for garbage takes a third of the time.
    gc.freeze()
    with scope(Scope(tenant.id, via="import")):
        return list(_with_progress(import_rows(db.session(), rows, source=file.name[:100], dry_run=dry_run)))


def _region(code: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    from app.ops.refusal import Refusal

    if code.upper() not in SUPPORTED_REGIONS:
        raise Refusal(f"“{code}” is not a country: give two letters, such as SA.")
    return code.upper()


def _with_progress(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    for number, outcome in enumerate(outcomes, 1):
        if number % 5_000 == 0:
            click.echo(f"{number:,} rows ...", err=True)
        yield outcome


def _print(outcomes: list[Outcome], report: Path | None, *, dry_run: bool) -> None:
    from app.contacts.importing import count

    noted = [outcome for outcome in outcomes if outcome.remarks]
    for outcome in noted[:SHOWN]:
        click.echo("\n".join(outcome.remarks), err=True)
    if len(noted) > SHOWN:
        where = f"in {report}" if report else "with --report FILE"
        click.echo(f"... and {len(noted) - SHOWN:,} more rows with remarks: {where}", err=True)
    for what, number in count(outcomes).items():
        click.echo(f"{what:<10} {number:>8,}")
    if dry_run:
        click.echo("Nothing was stored: this was a dry run.")
