"""`tenantry sync`, `check` and `routes`: the state of an installation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from app.cli.context import application
from app.ops.refusal import Refusal


@click.command()
def sync() -> None:
    """Write the declared roles and permissions to the database, and tell plugins of a new version of theirs.

    Idempotent; run it after every deployment.
    """
    from app.identity.sync import sync_all
    from app.installation.upgrades import note_versions

    with application() as app:
        report = sync_all(app)
        note_versions(click.echo)
    click.echo(
        f"{report.permissions} permissions and {report.roles} roles are new, "
        f"{report.granted} grants were given and {report.revoked} taken back."
    )


@click.command()
@click.option("--owner", help="Only the routes of this plugin or package.")
def routes(owner: str | None) -> None:
    """List method, path, permission and owner of every route."""
    from app import create_app
    from app.ops.routes_table import rows
    from config import load_settings

    found = [row for row in rows(create_app(load_settings())) if owner in (None, row.owner)]
    widest = max((len(row.path) for row in found), default=0)
    for row in found:
        click.echo(f"{row.method:7} {row.path:{widest}}  {row.permission:40} {row.owner}".rstrip())


@click.command()
def check() -> None:
    """Say whether this installation can serve: settings, servers, migrations, declarations."""
    from config import load_settings

    settings = load_settings()
    checks: list[tuple[str, Callable[[Any], None]]] = [
        ("settings", lambda settings: None),
        ("folder", _folder),
        ("files", _files),
        ("database", _database),
        ("redis", _redis),
        ("migrations", _migrations),
        ("declarations", _declarations),
        ("walls", _walls),
    ]
    failed = [name for name, run in checks if not _passes(name, run, settings)]
    if failed:
        raise Refusal(f"{len(failed)} of {len(checks)} checks failed.")


def _passes(name: str, run: Callable[[Any], None], settings: Any) -> bool:
    try:
        run(settings)
    except Refusal as refusal:
        click.echo(f"{name:14} {refusal}")
        return False
    click.echo(f"{name:14} ok")
    return True


def _folder(settings: Any) -> None:
    from app.ops.preflight import check_folder

    check_folder(settings.var)


def _files(settings: Any) -> None:
    from app.files.storage import StoreDown
    from app.files.stores import open_store

    try:
        open_store(settings).check()
    except StoreDown as error:
        raise Refusal(f"The store of files does not answer: {error}") from error


def _database(settings: Any) -> None:
    from app.ops.preflight import check_database

    check_database(settings)


def _redis(settings: Any) -> None:
    from app.ops.preflight import check_redis

    check_redis(settings.redis_url)


def _migrations(settings: Any) -> None:
    from sqlalchemy.exc import OperationalError

    from app.ops.migrations import pending

    try:
        waiting = pending(settings)
    except OperationalError as error:
        raise Refusal("The role that owns the tables cannot sign in: run “tenantry db upgrade”.") from error
    if waiting:
        raise Refusal(f"Not applied for {', '.join(waiting)}: run “tenantry db upgrade”.")


def _declarations(settings: Any) -> None:
    from app import create_app
    from app.ops.routes_table import UNCLASSIFIED, rows

    open_routes = [row.path for row in rows(create_app(settings)) if row.permission == UNCLASSIFIED]
    if open_routes:
        raise Refusal(f"These routes declare no permission: {', '.join(open_routes)}.")


def _walls(settings: Any) -> None:
    """The database itself: every table behind its wall, whoever made it."""
    from app.data.catalog import violations
    from app.data.ddl import RoleNames
    from app.data.migrate import owner_engine

    with owner_engine(settings.role_url("owner")).connect() as connection:
        found = violations(connection, RoleNames.of(settings.role_prefix))
    if found:
        raise Refusal("; ".join(found))
