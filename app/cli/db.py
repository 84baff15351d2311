"""`tenantry db`: migrations."""

from __future__ import annotations

import click

from app.cli.context import prepare_database, settings_with_database
from app.ops.refusal import Refusal
from config import Settings


@click.group()
def db() -> None:
    """Migrations of the database: one history for the core, one for each plugin."""


@db.command()
def upgrade() -> None:
    """Create the roles and bring every history to its newest revision."""
    failed = prepare_database(settings_with_database(), click.echo)
    if failed:
        raise Refusal(f"Stopped until their migrations work: {', '.join(failed)}. All others are up to date.")
    click.echo("The database is up to date.")


@db.command()
@click.argument("name")
@click.option("-m", "--message", required=True, help="What the revision does, in a few words.")
def revision(name: str, message: str) -> None:
    """Write a revision for NAME (core, or a plugin) from the difference between models and database."""
    from app.ops.migrations import revision as write

    settings = settings_with_database()
    _import_models(settings)
    click.echo(write(settings, name, message))


@db.command()
def current() -> None:
    """Show where each history stands."""
    from app.ops.migrations import current as positions

    for one in positions(settings_with_database()):
        more = one.fault or (f"newest: {one.newest}" if one.is_behind else "")
        click.echo(f"{one.owner:20} {one.here or 'empty':20} {more}".rstrip())


@db.command()
def check() -> None:
    """Fail when a migration is not applied, or the models differ from the database."""
    from app.ops import migrations

    settings = settings_with_database()
    _import_models(settings)
    waiting = migrations.pending(settings)
    if waiting:
        raise Refusal(f"Migrations are not applied for {', '.join(waiting)}: run “tenantry db upgrade”.")
    different = migrations.drift(settings)
    for owner, differences in different.items():
        for difference in differences:
            click.echo(f"{owner}: {difference}")
    if different:
        raise Refusal("The models differ from the database: write a revision with “tenantry db revision”.")
    click.echo("Models and database agree.")


def _import_models(settings: Settings) -> None:
    """Building the application imports every model there is."""
    from app import create_app

    create_app(settings)
