"""`tenantry db`: migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.context import prepare_database, settings_with_database
from app.ops.refusal import Refusal
from config import Settings

if TYPE_CHECKING:
    from app.ops.migrations import Which


@click.group()
def db() -> None:
    """Migrations of the database: one history for the core, one for each plugin."""


@db.command()
@click.option("--core", "which", flag_value="core", help="Only the core.")
@click.option("--all", "which", flag_value="all", help="The core and all plugins, also new versions of theirs.")
def upgrade(which: Which | None) -> None:
    """Create the roles and bring the database to the newest revisions.

    In production a plugin whose package is newer than the version that works here waits for “tenantry plugin upgrade”,
    which looks ahead and can begin with a few tenants; --all takes it along.
    """
    settings = settings_with_database()
    failed = prepare_database(settings, click.echo, which or ("known" if settings.production else "all"))
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
@click.argument("name")
@click.argument("to")
@click.option("--yes", is_flag=True, help="Do not ask for the name again.")
def downgrade(name: str, to: str, yes: bool) -> None:
    """Undo the migrations of NAME (core, or a plugin) that came after the revision TO; "base" undoes all of them.

    What lies in the tables and columns that they made is lost. A plugin is closed afterwards, until its older package
    is installed or “tenantry db upgrade” has brought it up again.
    """
    from app.cli.context import application
    from app.host import registry
    from app.installation.preflight import look_back
    from app.installation.upgrading import trying
    from app.ops.migrations import downgrade_one

    settings = settings_with_database()
    with application():
        history = next((one for one in registry().histories() if one.owner == name), None)
        if history is None:
            raise Refusal(registry().quarantined.get(name) or f"No migrations of “{name}” are installed.")
        if trying(name):
            raise Refusal(f"{name} is being tried: use “tenantry plugin upgrade {name} --back”.")
        try:
            undone, touches = look_back(settings, history, to)
            for one in undone:
                click.echo(f"undoes {one}")
            for touch in touches:
                click.echo(f"{touch.table} ({touch.rows:,} rows): {touch.what}. {touch.lock}")
            click.echo("What is in tables and columns that go is lost.")
            if not yes and click.prompt("Type the name") != name:
                raise Refusal("The name is another one: nothing was done.")
            downgrade_one(settings, history, to)
        except (LookupError, ValueError) as refused:
            raise Refusal(str(refused)) from None
    click.echo(f"{name} is at {to}.")


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
