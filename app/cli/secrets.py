"""`tenantry secrets`: secrets at rest."""

from __future__ import annotations

import click

from app.cli.context import application


@click.group()
def secrets() -> None:
    """Secrets in the database."""


@secrets.command()
def rotate() -> None:
    """Seal every secret with the first of TENANTRY_ENCRYPTION_KEYS; afterwards the older keys can go."""
    from app.installation.rotation import rotate as run

    with application():
        changed = run(click.echo)
    click.echo(f"{changed} secrets were sealed anew; all are under the first key now.")
