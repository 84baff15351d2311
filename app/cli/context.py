"""What commands that work on data have in common: the settings, a reachable database, the application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.ops.refusal import Refusal
from config import Settings, load_settings

if TYPE_CHECKING:
    from flask import Flask

    from app.ops.migrations import Which


def settings_with_database() -> Settings:
    """The settings, once it is sure that their database answers. Raises Refusal."""
    from app.ops.preflight import check_database

    settings = load_settings()
    if settings.embedded_postgres and not (settings.var / "postgres" / "postmaster.pid").exists():
        raise Refusal(
            f"No database runs from {settings.var}: start it with “tenantry up”. If it runs from another folder, name "
            "that here too (export TENANTRY_VAR=...); one of your own is named by DATABASE_URL."
        )
    check_database(settings)
    return settings


@contextmanager
def application() -> Iterator[Flask]:
    """The application with its context, as a command needs it. What the identity package refuses becomes a Refusal."""
    from app import create_app
    from app.identity.problems import IdentityError

    app = create_app(settings_with_database())
    with app.app_context():
        try:
            yield app
        except IdentityError as error:
            raise Refusal(str(error)) from error


def prepare_database(settings: Settings, say: Callable[[str], None], which: Which = "all") -> dict[str, str]:
    """Roles, then migrations: what has to be before anything may use the database. Returns the plugins whose migration
    failed, with the reasons: they are stopped, and the others work."""
    from app.ops.bootstrap import prepare_roles
    from app.ops.migrations import upgrade_what_can

    prepare_roles(settings)
    return upgrade_what_can(settings, say, which)
