"""The hidden command `tenantry prepare`: what `up` does once before the web server, in a process that then ends."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.context import prepare_database, settings_with_database
from config import Settings, read_or_create

if TYPE_CHECKING:
    from flask import Flask

SIGN_INS = "demo-sign-ins.json"
PASSWORD = "demo-password"  # noqa: S105  (the name of a file)
UNFINISHED = ".demo-unfinished"
PASSWORD_BYTES = 9


@click.command(hidden=True)
def prepare() -> None:
    """Roles, migrations, permission sync, and the demo when there is no tenant yet."""
    settings = settings_with_database()
    prepare_database(settings, click.echo, "known" if settings.production else "all")
    from app import create_app
    from app.identity.sync import sync_all
    from app.installation.upgrades import note_versions

    app = create_app(settings)
    sync_all(app)
    with app.app_context():
        note_versions(click.echo)
    if _has_no_tenant(app) or (settings.var / UNFINISHED).exists():
        load_demo(app, settings)


def load_demo(app: Flask, settings: Settings) -> None:
    """Fill the demo tenants; the sign-ins and the password are kept in the folder for data, for their owner only."""
    from app.demo import load

    click.echo("loading the demo data, once")
    (settings.var / UNFINISHED).touch()  # an interrupted load is taken up again at the next start
    path = settings.var / PASSWORD
    if settings.demo_password:
        path.unlink(missing_ok=True)
    password = read_or_create(path, lambda: settings.demo_password or secrets.token_urlsafe(PASSWORD_BYTES))
    with app.app_context():
        sign_ins = load(app, password)
    write_private(settings.var / SIGN_INS, json.dumps([(row[0], row[2]) for row in sign_ins]))
    (settings.var / UNFINISHED).unlink()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _has_no_tenant(app: Flask) -> bool:
    from sqlalchemy import select

    from app.data import platform_session
    from app.tenancy.models import Tenant

    with app.app_context(), platform_session("whether this installation is new") as session:
        return session.scalars(select(Tenant.id).limit(1)).first() is None
