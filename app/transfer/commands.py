"""Imports and exports from the command line: the same run as a job's, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from app.data import Scope, db, scope, utcnow, uuid7
from app.host import registry
from app.ops.refusal import Refusal
from app.screens.reading import Surface
from app.tenancy.services import find_tenant
from app.transfer.archive import write_archive
from app.transfer.errors_file import write_errors
from app.transfer.models import Import, ImportLine
from app.transfer.reading import Unreadable
from app.transfer.running import run_import
from app.transfer.services import take_in

SHOWN = 50
"""Lines with remarks that are printed; all of them are in the report."""


class Run:
    """What a job is given, for a command: progress is printed, nobody asks for an end."""

    def __init__(self) -> None:
        self.id, self.attempt, self._told = uuid7(), 1, 0

    def progress(self, done: int, total: int | None = None, words: Any = "") -> None:
        if done < self._told:  # the next stage begins
            self._told = 0
        if done - self._told >= 5_000:
            self._told = done
            click.echo(f"{words or ''} {done:,} {f'of {total:,} ' if total else ''}...".strip(), err=True)

    def check(self) -> None:
        """Nobody can ask for an end but by ending the process."""


@contextmanager
def application() -> Iterator[None]:
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


def import_file(
    file: Path, slug: str, resource: str, *, region: str | None, dry_run: bool, report: Path | None
) -> None:
    """Import a file and say what became of it. Raises Refusal for what cannot begin."""
    _write(report, None)  # it must be sure that the report can be written before anything is stored
    with application():
        tenant = find_tenant(slug)
        if tenant is None:
            raise Refusal(f"There is no tenant “{slug}”.")
        with scope(Scope(tenant.id, via="import")):
            key = _take(file, resource, _region(region or tenant.country), dry_run=dry_run)
            run_import(Run(), str(key))
            _say(key, report, dry_run=dry_run)


def _region(code: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if code.upper() not in SUPPORTED_REGIONS:
        raise Refusal(f"“{code}” is not a country: give two letters, such as SA.")
    return code.upper()


def _take(file: Path, resource: str, region: str, *, dry_run: bool) -> UUID:
    session = db.session()
    try:
        with file.open("rb") as stream:
            record = take_in(session, Surface(registry().entries[resource], session), stream, file.name, None, region)
    except OSError as error:
        raise Refusal(f"We cannot open the file “{file.name}”.") from error
    except (Unreadable, ValueError) as error:
        raise Refusal(str(error)) from error
    record.is_dry, record.state = dry_run, "waiting"
    session.commit()
    return record.id


def _write(report: Path | None, key: UUID | None) -> None:
    if report is None:
        return
    try:
        with report.open("wb") as out:
            if key is not None:
                write_errors(db.session(), key, out)
    except OSError as error:
        raise Refusal(f"The report “{report}” cannot be written: {error.strerror}.") from error


def _say(key: UUID, report: Path | None, *, dry_run: bool) -> None:
    record = db.session.get(Import, key)
    if record is None or record.error:
        raise Refusal(record.error if record is not None and record.error else "The import is gone.")
    _write(report, key)
    noted = select(ImportLine.line, ImportLine.problems).where(
        ImportLine.import_id == key, ImportLine.problems.is_not(None)
    )
    rows = db.session.execute(noted.order_by(ImportLine.line).limit(SHOWN + 1)).all()
    for line, problems in rows[:SHOWN]:
        click.echo(
            "\n".join(words if words.startswith("Line ") else f"Line {line}: {words}" for _h, words in problems),
            err=True,
        )
    if len(rows) > SHOWN:
        click.echo(f"... and more lines with remarks: {f'in {report}' if report else 'with --report FILE'}", err=True)
    for what in ("created", "changed", "unchanged", "failed"):
        click.echo(f"{what:<10} {getattr(record, what):>8,}")
    if dry_run:
        click.echo("Nothing was stored: this was a dry run.")


def export_tenant(slug: str, target: Path | None) -> None:
    """Write the archive of a tenant. Raises Refusal for a tenant or a file that cannot be."""
    tenant = find_tenant(slug)
    if tenant is None:
        raise Refusal(f"There is no tenant “{slug}”.")
    path = target or Path(f"{slug}-{utcnow():%Y-%m-%d}.zip")
    try:
        with path.open("xb") as out, scope(Scope(tenant.id, via="cli")):
            manifest = write_archive(db.session(), tenant, out, lambda done, total: None)
    except OSError as error:
        raise Refusal(f"“{path}” cannot be written: {error.strerror}.") from error
    rows = sum(part["rows"] for part in manifest["records"])
    click.echo(f"{path}: {rows:,} records, {len(manifest['files']):,} files.")
