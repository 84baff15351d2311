"""`tenantry files`: the store of uploaded files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.context import application
from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from app.files.sweep import Swept


@click.group()
def files() -> None:
    """Uploaded files."""


@files.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def sweep(dry_run: bool) -> None:
    """Remove stored files that no row names, mark rows whose file is gone, count each tenant's usage again."""
    from app.files.storage import StoreDown
    from app.files.sweep import Swept, sweep_all

    total = Swept()
    with application():
        try:
            for name, found in sweep_all(dry_run=dry_run):
                total += found
                if found != Swept():
                    click.echo(f"{name:30} {_words(found)}")
        except StoreDown as error:
            raise Refusal(f"The store of files does not answer: {error}") from error
    click.echo(f"{'Would be swept' if dry_run else 'Swept'}: {_words(total)}.")


@files.command()
@click.option("--anew", is_flag=True, help="Make all sizes again, not only those that are missing or of another size.")
def thumbnails(anew: bool) -> None:
    """Bring the pictures of records to the sizes that this version shows."""
    from app.files.pictures.jobs import all_thumbnails
    from app.files.storage import StoreDown

    made = failed = 0
    with application():
        try:
            for name, some, bad in all_thumbnails(anew=anew):
                made, failed = made + some, failed + bad
                if some or bad:
                    click.echo(f"{name:30} {some} made, {bad} pictures could not be read")
        except StoreDown as error:
            raise Refusal(f"The store of files does not answer: {error}") from error
    click.echo(f"{made} sizes made, {failed} pictures could not be read.")


def _words(found: Swept) -> str:
    return f"{found.orphans} files without a row ({found.bytes:,} bytes), {found.missing} rows without a file"
