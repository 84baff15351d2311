"""The loaded database in its cache folder: made once, used by every later run, made again when the schema changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import select

from app import create_app
from app.data import Scope, db, platform_session, scope, utcnow
from app.host.provisioning import provision_tenant
from app.identity.models import Account
from app.identity.services import add_member
from app.identity.sync import sync_all
from app.ops.bootstrap import prepare_roles
from app.ops.embedded.postgres import EmbeddedPostgres
from app.ops.embedded.valkey import EmbeddedValkey
from app.ops.migrations import upgrade_all
from app.search.index import SearchToken
from app.search.making import tokens_of
from app.tenancy.services import find_tenant
from app.testing.servers import create_database
from config import Settings, load_settings
from tests.bench.loading import load
from tests.bench.plan import SLUG, Plan
from tests.bench.rows import Share

Log = Callable[[str], None]
SECRET = "a secret that only the benchmark uses, long enough"
DATABASE = "tenantry"
MEMBERS = 5
ROLES = ("owner", "manager", "agent", "agent", "agent")
CHECKED = 200
"""Contacts whose tokens are compared with those the application would write."""


@dataclass(frozen=True, slots=True)
class House:
    """Running servers and the loaded database."""

    settings: Settings
    environ: dict[str, str]
    """What the web server is started with."""


@contextmanager
def house(folder: Path, plan: Plan, log: Log) -> Iterator[House]:
    """Start the servers in `folder`, load what is not loaded yet, and stop them at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(folder / "postgres", durable=False) as postgres, EmbeddedValkey(folder / "valkey") as valkey:
        environ = _environ(folder, postgres.url, valkey.url)
        settings = load_settings(environ)
        _ensure_loaded(settings, folder / "loaded.json", plan, log)
        yield House(settings, environ)


def _environ(folder: Path, database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "TENANTRY_ENV": "production",
        "TENANTRY_VAR": str(folder),
        "TENANTRY_SECRET_KEY": SECRET,
        "TENANTRY_PUBLIC_URL": "https://bench.example",
        "TENANTRY_WEB_WORKERS": "2",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
    }


def _ensure_loaded(settings: Settings, marker: Path, plan: Plan, log: Log) -> None:
    wanted = plan.fingerprint()
    known = json.loads(marker.read_text())["fingerprint"] if marker.exists() else ""
    if known != wanted:
        marker.unlink(missing_ok=True)
        log(f"loading {plan.contacts:,} contacts of {plan.tenants} tenants; later runs find them in {marker.parent}")
        create_database(settings.database_url, DATABASE)
    prepare_roles(settings)
    upgrade_all(settings, lambda line: None)
    app = create_app(settings)
    sync_all(app)
    if known != wanted:
        shares = _make_tenants(app, plan)
        log(f"{len(shares)} tenants")
        load(settings.database_url, shares, log)
        _check_tokens(app, shares[0])
        marker.write_text(json.dumps({"fingerprint": wanted, "contacts": plan.contacts}))
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _make_tenants(app: Flask, plan: Plan) -> list[Share]:
    with app.app_context():
        people = [_account(number) for number in range(MEMBERS)]
        shares = []
        for number, size in enumerate(plan.sizes()):
            tenant = provision_tenant(SLUG.format(number), f"Tenant {number}", country="SA")
            roles = ["owner", "manager"] + ["agent"] * (MEMBERS - 2) if number == 0 else ["owner"]
            members = tuple(add_member(who, tenant, role) for who, role in zip(people, roles, strict=False))
            shares.append(Share(number, tenant.id, size, members))
    return shares


def _account(number: int) -> Account:
    address = f"person{number}@bench.example"
    account = Account(
        username=address, email=address, first_name=f"Person {number}", last_name="Bench", password="!", active=True,
        password_changed_at=utcnow(),
    )  # fmt: skip
    with platform_session("the benchmark makes its people") as session:
        session.add(account)
    return account


def _check_tokens(app: Flask, share: Share) -> None:
    """Refuse a load whose tokens are not those of the application."""
    from app.contacts.models import Contact

    with app.app_context(), scope(Scope(share.tenant_id, via="system")):
        entry = app.extensions["tenantry"].by_model[Contact]
        for contact in db.session.scalars(select(Contact).order_by(Contact.id.desc()).limit(CHECKED)):
            columns = select(SearchToken.token, SearchToken.fields)
            wanted = columns.where(SearchToken.record_id == contact.id, SearchToken.kind == entry.key)
            stored = dict(db.session.execute(wanted).all())
            made = tokens_of(db.session(), entry, contact)
            if stored != made:
                raise AssertionError(f"tokens of {contact} differ: {sorted(stored.items() ^ made.items())}")


def largest_tenant() -> UUID:
    """The tenant that is measured; needs an application context."""
    tenant = find_tenant(SLUG.format(0))
    assert tenant is not None
    return tenant.id


def superuser(settings: Settings) -> psycopg.Connection:
    """A connection that row-level security does not bind."""
    return psycopg.connect(settings.database_url, autocommit=True)
