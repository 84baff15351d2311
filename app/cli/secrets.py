"""`tenantry secrets`: secrets at rest."""

from __future__ import annotations

import click

from app.cli.context import application
from app.ops.refusal import Refusal


@click.group()
def secrets() -> None:
    """Secrets in the database."""


@secrets.command()
def rotate() -> None:
    """Seal every secret with the first of TENANTRY_ENCRYPTION_KEYS; afterwards the older keys can go."""
    from app.data.secrets import CannotOpen
    from app.installation.rotation import rotate as run

    with application():
        try:
            tenants = run()
        except CannotOpen as error:
            raise Refusal(f"{error} Put that key back behind the others and run this again.") from None
    click.echo(f"Every secret of {tenants} tenants is under the first key now.")
