"""`tenantry secrets`: secrets at rest."""

from __future__ import annotations

import click

from app.cli.context import application
from app.ops.refusal import Refusal

_UNREADABLE = (
    "These secrets cannot be read: they lie under a key that is not here, or were changed. Put that key back behind the"
    " others and run this again, or enter them anew. All others are under the first key now."
)
_UNSEEN = (
    "The secrets of these plugins lie where they lay, because their code is not here or waits for its migrations: keep"
    " the older keys until it is there and this ran again, or until they are purged:"
)


@click.group()
def secrets() -> None:
    """Secrets in the database."""


@secrets.command()
def rotate() -> None:
    """Seal every secret with the first of TENANTRY_ENCRYPTION_KEYS; afterwards the older keys can go."""
    from app.installation.rotation import rotate as run

    with application():
        done = run()
    if done.unreadable:
        raise Refusal("\n".join([_UNREADABLE, *done.unreadable]))
    if done.unseen:
        raise Refusal(f"{_UNSEEN} {', '.join(done.unseen)}")
    click.echo(f"Every secret of {done.tenants} tenants is under the first key now.")
