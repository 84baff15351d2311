"""`tenantry plugin`: write one, check it, and lead it through its life."""

from __future__ import annotations

from pathlib import Path

import click

from app.ops.refusal import Refusal


@click.group()
def plugin() -> None:
    """Plugins: write, list, switch on and off, archive, purge."""


@plugin.command()
@click.argument("name")
@click.argument("records", nargs=-1)
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write into.")
def new(name: str, records: tuple[str, ...], into: Path) -> None:
    """Write an installable package for the plugin NAME: module, migration, tests, translations.

    Each record is one argument: "Vehicle plate:text! owner:contact" "Repair vehicle:vehicle! status:choice(new,done)".
    A "!" means required; types are the column helpers of app.sdk, contact, company, member, or a record of the plugin.
    """
    from app.host.scaffold import Refused, read, write

    try:
        folder = write(read(name, records), into)
    except Refused as refused:
        raise Refusal(str(refused)) from None
    click.echo(f"{folder} is written. Next: pip install -e {folder}, then tenantry db upgrade && tenantry sync.")
