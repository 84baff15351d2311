"""A purge, played through: a plugin is used in a database of its own, archived, purged; then what still names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import psycopg
from flask import Flask

from app import create_app
from app.contacts.models import Note
from app.data import Scope, db, scope
from app.files.services import attach
from app.host import Registry
from app.host.custom_fields import CustomFieldDef
from app.host.discovery import Found
from app.host.lifecycle import switch
from app.host.registry import build
from app.identity.sync import sync_all
from app.installation.approval import accept_all
from app.installation.archive import archive_plugin
from app.installation.purge import holders_of, purge
from app.installation.upgrades import note_versions
from app.ops.bootstrap import prepare_roles
from app.ops.migrations import upgrade_all
from app.tenancy.models import Tenant
from app.tenancy.services import find_tenant
from app.testing import servers
from app.testing.checking.looking import has_tables
from app.testing.checking.migrating import migrate_over_rows
from app.testing.checking.report import Finding
from app.testing.house import House
from app.testing.sample_rules import all_rules
from app.testing.samples import Samples
from app.testing.traces import arrange

_TABLES = """
    SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'
"""
_SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname = %s"
_STAYS = frozenset({"audit_entry", "audit_head", "tag"})
"""What happened stays told, and a tag is the tenant's, whoever used it first."""
_OF_WHAT_STAYS = ('"console.audit_entry"', '"console.tag"')
MOST_SHOWN = 10
PURGED = "Purged, no table and no row names it"


def purge_leaves_nothing(found: list[Found], plugin: str, running: servers.Servers) -> Iterator[Finding]:
    """Use it, archive it, purge it. `found` is what is installed, without plugins that need this one."""
    url = servers.create_database(running.database_url, "tenantry_check_purge")
    app: Flask | None = None
    settings = servers.settings_for(url, running.redis_url, running.folder / "purge")
    folder = settings.var / "archives"
    try:
        prepare_roles(settings)
        upgrade_all(settings, lambda line: None, build(found).histories())
        app = create_app(settings, found)
        sync_all(app)
        with app.app_context():
            note_versions(lambda line: None)
            accept_all("check")
        _use(app, plugin)
        for history in [one for one in app.extensions["tenantry"].histories() if one.owner == plugin]:
            over_rows = migrate_over_rows(settings, history)
            yield over_rows
            if not over_rows.kept:
                yield Finding(PURGED, False, ("not tried: its tables are half way between two versions",))
                return
        with app.app_context():
            rows = sum(archive_plugin(one, plugin, folder).rows for one in _holders(plugin))
            yield Finding("Its archives are sound, and hold its records", rows > 0 or not has_tables(plugin))
            purge(settings, plugin, folder, lambda line: None)
        left = list(_traces(url, plugin))
        yield Finding(PURGED, not left, tuple(left[:MOST_SHOWN]))
    except Exception as error:
        words = " ".join(str(error).split())[:300]
        yield Finding(PURGED, False, (f"used, archived and purged, it failed: {type(error).__name__}: {words}",))
    finally:
        _close(app)
        servers.drop_database(running.database_url, "tenantry_check_purge")


def _holders(plugin: str) -> list[Tenant]:
    found = (find_tenant(one.slug) for one in holders_of(plugin) if one.has_rows)
    return [one for one in found if one is not None]


def _close(app: Flask | None) -> None:
    """Let go of every connection, so that the database can be dropped."""
    if app is not None:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


def _use(app: Flask, plugin: str) -> None:
    """A tenant with a sample of every record, and with what can hang on them; the plugin is off afterwards."""
    known: Registry = app.extensions["tenantry"]
    house, samples = House(app), Samples(known, all_rules(known))
    tenant = house.acme
    mine = [entry for entry in known.by_model.values() if entry.plugin.name == plugin]
    with house.inside(tenant, house.people[tenant.slug, "owner"].uid) as session:
        for entry in mine:
            record: Any = samples.record(session, entry.model)
            session.add(Note(target_type=entry.key, target_id=record.id, content="a note"))
            attach(session(), entry.key, record.id, BytesIO(b"bytes"), "picture.txt")
            if entry.resource.custom_fields:
                session.add(CustomFieldDef(resource=entry.key, key="own", label="Own", kind="text"))
        session.commit()
    arrange(house, tenant, plugin)
    for one in (house.acme, house.globex):
        with app.app_context(), scope(Scope(one.id, via="cli")):
            switch(db.session.get_one(Tenant, one.id), plugin, "off")
            db.session.commit()


def _traces(url: str, plugin: str) -> Iterator[str]:
    """Rows, in any table, that name the plugin, as `table: row`; seen past every wall."""
    names = re.compile(rf'"{plugin}["./]|/{plugin}/|\b{plugin}\.[a-z]|\b{plugin}__[a-z]')
    with psycopg.connect(url) as connection:
        if connection.execute(_SCHEMAS, (plugin,)).fetchone() != (0,):
            yield f"the schema “{plugin}” is still there"
        for schema, table in connection.execute(_TABLES).fetchall():
            if table in _STAYS:
                continue
            query = psycopg.sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(psycopg.sql.Identifier(schema, table))
            for (row,) in connection.execute(query):
                # What another plugin was accepted for is that plugin's.
                is_anothers = table == "installed_plugin" and f'"name": "{plugin}"' not in row
                if names.search(row) and not is_anothers and not any(one in row for one in _OF_WHAT_STAYS):
                    yield f"{schema}.{table}: {row[:200]}"
