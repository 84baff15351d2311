"""The life of a plugin: off, on, read-only, archived, purged; and nothing of it left behind."""

from __future__ import annotations

import json
import sys
import zipfile
from io import BytesIO
from types import ModuleType

import psycopg
import pytest
from sqlalchemy import select, text

from app import create_app
from app.contacts.models import Contact, Note
from app.data import Scope, db, platform_session, scope
from app.data.bulk import TOLD
from app.data.migrate import owner_engine
from app.features.access_rules import AccessRule
from app.files.models import FileObject
from app.files.pictures.models import PictureFile
from app.files.services import attach
from app.files.stores import store
from app.host import FieldError, Plugin
from app.host.custom_fields import CustomFieldDef
from app.host.discovery import CORE_PLUGINS, Found
from app.host.lifecycle import switch
from app.host.registry import build
from app.identity.services import issue_token
from app.identity.sync import sync_all
from app.installation.approval import accept_all
from app.installation.archive import BadArchive, archive_plugin, verify
from app.installation.closing import close_tenant
from app.installation.purge import MayNot, check, purge
from app.installation.settings import save_settings
from app.installation.upgrades import note_versions
from app.jobs import enqueue
from app.jobs.scheduler import sync as sync_schedules
from app.ops.bootstrap import prepare_roles
from app.ops.migrations import head_of, upgrade_all
from app.screens.saved_views import SavedView
from app.tenancy.models import Tenant
from app.testing import servers
from app.testing.house import House
from app.testing.sample_rules import RULES
from app.testing.samples import Samples
from app.testing.traces import arrange
from app.webhooks import route_account
from app.webhooks.models import WebhookEndpoint
from tests.plugins_for_tests.garage import services
from tests.plugins_for_tests.garage.models import Diary, Repair, Vehicle

CORE = [Found(name, module) for name, module in CORE_PLUGINS.items()]
GARAGE = Found("garage", "tests.plugins_for_tests.garage.plugin")


def set_state(house, tenant, state, plugin="garage"):
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), plugin, state)
        session.commit()


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def vehicle(house, samples, tenant):
    with house.inside(tenant) as session:
        key = samples.record(session, Vehicle).id
        session.commit()
    return key


# --- read-only -------------------------------------------------------------------------------------------------------


def test_read_only_shows_everything_and_changes_nothing(app, house, tenant, vehicle):
    set_state(house, tenant, "read_only")
    browser, api = house.browser("owner", tenant), house.api("owner", tenant)
    for path in ("/garage/vehicle/", f"/garage/vehicle/{vehicle}"):
        assert browser.go(path).status_code == 200
    assert api.get(f"/garage/vehicle/{vehicle}").status_code == 200
    for method, path in (("GET", "/garage/vehicle/add"), ("POST", "/garage/vehicle/add"),
                         ("POST", f"/garage/vehicle/{vehicle}/edit"), ("POST", f"/garage/vehicle/{vehicle}/delete"),
                         ("POST", "/garage/vehicle/actions/scrap")):  # fmt: skip
        answer = browser.open(browser.prefix + path, method=method, headers={"X-CSRFToken": browser.csrf()})
        assert answer.status_code == 403, path
        assert "read-only" in answer.text, path
    for method, path in (("POST", "/garage/vehicle"), ("PATCH", f"/garage/vehicle/{vehicle}"),
                         ("DELETE", f"/garage/vehicle/{vehicle}"), ("POST", f"/garage/vehicle/{vehicle}/actions/scrap"),
                         ("POST", "/garage/vehicle/bulk")):  # fmt: skip
        answer = api(method, path, json={})
        assert answer.status_code == 403, path
        assert "read-only" in answer.json["detail"], path


def test_read_only_refuses_jobs_and_schedules(app, house, tenant, vehicle, run_jobs):
    set_state(house, tenant, "read_only")
    with house.inside(tenant) as session:
        job = enqueue("garage.wash", [str(vehicle)])
        session.commit()
    assert run_jobs(tenant, job) == ("failed", "This part is read-only for A tenant: nothing in it can be changed.")
    assert scheduled(app, tenant) == set()
    set_state(house, tenant, "on")
    assert scheduled(app, tenant) == {"garage.nightly"}
    set_state(house, tenant, "off")
    assert scheduled(app, tenant) == set()


@pytest.fixture
def run_jobs(app, house):
    from app.jobs import run_due
    from app.jobs.models import QueuedJob

    def run(tenant, key):
        run_due(app)
        with house.inside(tenant) as session:
            row = session.get_one(QueuedJob, key)
            return row.state, row.last_error

    return run


def scheduled(app, tenant):
    assert sync_schedules(app)
    with app.app_context(), platform_session("a test looks at schedules") as session:
        rows = session.execute(text("SELECT name FROM job_schedule WHERE tenant_id = :id"), {"id": tenant.id})
        return {name for (name,) in rows if name.startswith("garage.")}


# --- switching -------------------------------------------------------------------------------------------------------


def test_hooks_are_called_at_the_turns(house, tenant):
    services.HEARD.clear()
    set_state(house, tenant, "read_only")
    assert services.HEARD == []
    set_state(house, tenant, "off")
    set_state(house, tenant, "off")
    assert [("disabled", tenant.slug)] == services.HEARD


def test_what_it_needs_must_be_on_and_what_needs_it_off(app, house, tenant, settings):
    module = ModuleType("plugin_that_needs_the_garage")
    module.__file__ = __file__
    module.plugin = Plugin("valet", title="Valet", requires=("garage",))
    sys.modules[module.__name__] = module
    made = create_app(settings, [*CORE, GARAGE, Found("valet", module.__name__)])
    with made.app_context(), scope(Scope(tenant.id, via="system")):
        here = db.session.get_one(Tenant, tenant.id)
        switch(here, "valet", "on")
        with pytest.raises(FieldError, match="Valet needs Garage"):
            switch(here, "garage", "off")
        db.session.rollback()
        switch(here, "garage", "off")
        with pytest.raises(FieldError, match="Valet needs Garage: switch that on first"):
            switch(here, "valet", "on")
        db.session.rollback()
    del sys.modules[module.__name__]


def test_a_plan_without_it_keeps_it_off(house):
    poor = house.new_tenant(name="Rich for now")
    set_state(house, poor, "off")
    with house.app.app_context(), platform_session("a test makes a tenant poor") as session:
        session.get_one(Tenant, poor.id).name = "Poor"
    with pytest.raises(FieldError, match="Your plan has no garage"):
        set_state(house, poor, "on")


def test_what_a_plan_loses_can_be_read_and_is_not_changed(house, tenant):
    assert house.browser("owner", tenant).go("/garage/vehicle/add").status_code == 200
    with house.app.app_context(), platform_session("a test makes a tenant poor") as session:
        row = session.get_one(Tenant, tenant.id)
        row.name, row.config_version = "Poor", row.config_version + 1
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code == 200
    answer = house.browser("owner", tenant).go("/garage/vehicle/add")
    assert answer.status_code == 403
    assert "Your plan has no garage" in answer.text
    assert house.api("owner", tenant).post("/garage/vehicle", {}).status_code == 403


def test_a_hook_that_breaks_refuses_in_words(house, tenant, monkeypatch):
    def break_down(_tenant):
        raise ZeroDivisionError

    monkeypatch.setattr(services, "stop", break_down)
    with pytest.raises(FieldError, match="an error in it was noted"):
        set_state(house, tenant, "off")


def test_a_new_version_is_told_to_tenants_once(app, house, tenant, monkeypatch):
    said = []
    with app.app_context():
        note_versions(said.append)
        services.HEARD.clear()
        with platform_session("a test makes a version old") as session:
            session.execute(text("UPDATE installed_plugin SET version = '0.9' WHERE name = 'garage'"))
            older = text("UPDATE tenant_plugin SET plugin_version = '0.9' WHERE plugin_key = 'garage'")
            session.execute(older, execution_options=TOLD)
        monkeypatch.setattr(services, "upgrade", lambda *_args: 1 / 0)
        note_versions(said.append)
        assert "the next sync tries again" in said[-1]
        monkeypatch.undo()
        note_versions(said.append)
        assert said[-1] == "garage: 0.9 -> 1.0"
        assert ("upgrading", f"{tenant.slug} 0.9 1.0") in services.HEARD
        services.HEARD.clear()
        note_versions(said.append)
        assert services.HEARD == []


def test_a_tenant_that_leaves_is_told_to_its_plugins_and_closed(app, house):
    leaving = house.new_tenant()
    assert house.browser("owner", leaving).go("/").status_code == 200
    services.HEARD.clear()
    with app.app_context():
        assert close_tenant(leaving) == []
    assert [("tenant_closed", leaving.slug)] == services.HEARD
    assert house.browser("owner", leaving).go("/").status_code == 404


def test_a_plugin_that_fails_at_closing_is_named(app, house, monkeypatch):
    monkeypatch.setattr(services, "close", lambda _tenant: 1 / 0)
    with app.app_context():
        assert close_tenant(house.new_tenant()) == ["garage"]


# --- the screen ------------------------------------------------------------------------------------------------------


def test_an_admin_switches_on_cards(house, tenant):
    admin = house.browser("admin", tenant)
    page = admin.go("/console/plugins/")
    assert page.status_code == 200
    assert "Garage" in page.text
    assert admin.send("/console/plugins/garage/state", {"state": "off"}).status_code == 303
    assert admin.go("/garage/vehicle/").status_code == 404
    assert admin.send("/console/plugins/garage/state", {"state": "on"}).status_code == 303
    assert admin.go("/garage/vehicle/").status_code == 200
    assert admin.send("/console/plugins/garage/state", {"state": "archived"}).status_code == 400
    assert admin.send("/console/plugins/nothing/state", {"state": "on"}).status_code == 404
    assert house.browser("manager", tenant).go("/console/plugins/").status_code == 403


def test_only_the_operator_archives(house, tenant):
    api = house.api("owner", tenant)
    row = next(one for one in api.get("/console/plugin").json["data"] if one["plugin_key"] == "garage")
    answer = api.patch(f"/console/plugin/{row['id']}", {"state": "archived"})
    assert answer.status_code == 422, answer.text


# --- archive and purge -----------------------------------------------------------------------------------------------


def test_an_archive_holds_everything_of_the_plugin_and_is_checked(app, house, tenant, vehicle, tmp_path):
    with house.inside(tenant) as session:
        attach(session(), "garage.vehicle", vehicle, BytesIO(b"a picture of it"), "picture.txt")
        session.add(Note(target_type="garage.vehicle", target_id=vehicle, content="bought"))
        session.add(Note(target_type="contacts.contact", target_id=vehicle, content="elsewhere"))
        save_settings("garage", {"api_key": "hush", "bays": 3})
        session.commit()
    with app.app_context():
        made = archive_plugin(tenant, "garage", tmp_path)
    assert verify(made.path) == made
    with zipfile.ZipFile(made.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        rows = {part["table"]: part["rows"] for part in manifest["records"]}
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert manifest["plugin"] == {"name": "garage", "version": "1.0", "head": head_of(app.config["TENANTRY"], "garage")}
    assert rows["garage.vehicle"] >= 1
    assert rows["note"] == 1
    assert b"a picture of it" in everything
    assert b"elsewhere" not in everything
    assert b"hush" not in everything
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code == 404
    set_state(house, tenant, "on")
    assert house.browser("owner", tenant).go(f"/garage/vehicle/{vehicle}").status_code == 200


def test_a_damaged_archive_is_none(app, tenant, vehicle, tmp_path):
    with app.app_context():
        made = archive_plugin(tenant, "garage", tmp_path)
    whole = made.path.read_bytes()
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(made.path) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data.replace(b"}", b"} ") if name.endswith("vehicle.jsonl") else data)
    with pytest.raises(BadArchive, match="not what was written"):
        verify(changed)
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadArchive):
        verify(tmp_path / "half.zip")


@pytest.fixture
def island(addresses, worker_id_or_main, tmp_path):
    """A database of its own, with the core alone: (settings, application without the garage, with it)."""
    database_url, redis_url, _folder = addresses
    name = f"tenantry_island_{worker_id_or_main}"
    url = servers.create_database(database_url, name)
    settings = servers.settings_for(url, redis_url, tmp_path)
    prepare_roles(settings)
    upgrade_all(settings, lambda line: None, build(CORE).histories())
    apps = []

    def make(*more):
        made = create_app(settings, [*CORE, *more])
        upgrade_all(settings, lambda line: None, build([*CORE, *more]).histories())
        sync_all(made)
        with made.app_context():
            note_versions(lambda line: None)
        apps.append(made)
        return made

    yield settings, make
    for made in apps:
        with made.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
    servers.drop_database(database_url, name)


CATALOG = """
    SELECT 'relation', n.nspname || '.' || c.relname || ' ' || c.relkind::text FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT 'schema', nspname::text FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE conrelid <> 0 AND conrelid::regclass::text !~ '^(pg_|information_schema)'
    UNION ALL SELECT 'policy', schemaname || '.' || tablename || ' ' || policyname FROM pg_policies
    UNION ALL SELECT 'function', p.oid::regprocedure::text FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT 'trigger', tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
"""
TABLES = """
    SELECT schemaname || '.' || tablename FROM pg_tables
    WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'
"""
MOVES = frozenset({"audit_entry", "audit_head", "permission_version", "account_session"})
"""What happened stays told; versions only go up."""


def everything(settings):
    """(catalogue, rows of every table as text)."""
    with owner_engine(settings.role_url("owner")).connect() as connection:
        catalog = {tuple(row) for row in connection.execute(text(CATALOG))}
        tables = connection.execute(text(TABLES))
        names = sorted(name for (name,) in tables if name.partition(".")[2] not in MOVES)
    rows = {}
    with psycopg.connect(settings.database_url) as connection:  # the superuser: past every wall
        for name in names:
            drop = " - 'config_version'" if name == "public.tenant" else ""
            rows[name] = sorted(row[0] for row in connection.execute(f"SELECT (to_jsonb(t){drop})::text FROM {name} t"))
    return catalog, rows


def use(made, house, samples, tenant):
    """Leave traces of the garage wherever one can."""
    owner = house.people[tenant.slug, "owner"]
    switch_on_garage(made, tenant)
    with house.inside(tenant, owner.uid) as session:
        contact = session.scalars(select(Contact)).first()
        vehicle = samples.record(session, Vehicle, owner=contact, sister=None)
        samples.record(session, Repair, vehicle=vehicle)
        samples.record(session, Diary)
        attach(session(), "garage.vehicle", vehicle.id, BytesIO(b"bytes"), "picture.txt")
        session.add_all([
            Note(target_type="garage.vehicle", target_id=vehicle.id, content="a note"),
            SavedView(resource="garage.vehicle", name="mine", query="q=x", audience="private"),
            CustomFieldDef(resource="garage.vehicle", key="own", label="Own", kind="text"),
            AccessRule(role="agent", resource="garage.repair", row_scope="own", hidden=[], readonly=[]),
        ])  # fmt: skip
        endpoint = session.scalars(select(WebhookEndpoint)).one()
        endpoint.events = "contacts.contact_created\ngarage.vehicle_created"
        save_settings("garage", {"api_key": "hush", "greeting": "Hello"})
        enqueue("garage.wash", [str(vehicle.id)], delay=3600)
        route_account("garage.payments", "acct_1")
        session.commit()
    with made.test_request_context():
        issue_token(owner.id, tenant.id, "narrow", ("garage.vehicle.read", "contacts.contact.read"))
    house.api("owner", tenant).post("/garage/vehicle", {"plate": "REST 1"}, headers={"Idempotency-Key": "once"})
    assert sync_schedules(made)


def switch_on_garage(made, tenant):
    with made.app_context():
        accept_all("a test")
    with made.app_context(), scope(Scope(tenant.id, via="system")):
        switch(db.session.get_one(Tenant, tenant.id), "garage", "on")
        db.session.commit()


@pytest.mark.slow
def test_a_purge_leaves_nothing(island, tmp_path):
    settings, make = island
    without = make()
    house = House(without)
    tenant = house.acme
    with house.inside(tenant) as session:
        contact = Samples(without.extensions["tenantry"], RULES).record(session, Contact)
        attach(session(), "contacts.contact", contact.id, BytesIO(b"stays"), "stays.txt")
        session.add(WebhookEndpoint(url="https://x.example/", events="contacts.contact_created", secret="x"))
        session.commit()
    with without.test_request_context():
        issue_token(house.people["acme", "owner"].id, tenant.id, "narrow", ("contacts.contact.read",))
    before = everything(settings)

    made = make(GARAGE)
    house.app = made
    use(made, house, Samples(made.extensions["tenantry"], RULES), tenant)
    arrange(house, tenant, "garage")
    with made.app_context():
        with pytest.raises(MayNot, match="still on for acme"):
            check("garage", None)
        archives = tmp_path / "archives"
        set_state(house, tenant, "off")
        with pytest.raises(MayNot, match="no archive younger than a day"):
            check("garage", archives)
        archive_plugin(tenant, "garage", archives)
        purge(settings, "garage", archives, lambda line: None)
        stored = {item.key for item in store().items(tenant.id)}
        with house.inside(tenant) as session:
            known = {
                *session.scalars(select(FileObject.storage_key)),
                *session.scalars(select(PictureFile.storage_key)),
            }
    after = everything(settings)

    assert after[0] == before[0], "the catalogue is as it was"
    traces = {name: [row for row in rows if "garage" in row.lower()] for name, rows in after[1].items()}
    told = ('"console.audit_entry"',)  # what happened is found
    traces["public.search_token"] = [
        row for row in traces["public.search_token"] if not any(one in row for one in told)
    ]
    assert traces["public.tag"] == [], "nobody has changed the tag that its hook made"
    assert {name: rows for name, rows in traces.items() if rows} == {}
    different = {name for name in before[1].keys() | after[1].keys() if len(before[1][name]) != len(after[1][name])}
    own = {
        "api_token",
        "domain_event",
        "job_schedule",
        "search_token",
        "tag",
        "desk",
        "start_page",
        "notice_preference",
        "access_rule",
        "team",
    }  # rows that the core made meanwhile
    assert different <= {f"public.{name}" for name in own}, different
    assert stored == known, "the bytes of its files and pictures are gone, those of others stay"
    with made.app_context(), pytest.raises(MayNot, match="part of the core"):
        check("contacts", None)

    again = make(GARAGE)  # and it may come again
    house.app = again
    switch_on_garage(again, tenant)
    house._browsers.clear()
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code == 200
    assert house.api("owner", tenant).post("/garage/vehicle", {"plate": "NEW 1"}).status_code == 201


def test_what_a_hook_made_and_people_use_stays(house, tenant):
    from app.host.models import MadeRow
    from app.installation.made import take_along
    from app.search.tags import Tag

    def made():
        return set(db.session.scalars(select(MadeRow.table_name).where(MadeRow.plugin_key == "garage")))

    with house.inside(tenant) as session:
        assert made() == {"tag"}
        tag = session.scalars(select(Tag).where(Tag.name == "garage")).one()
        tag.colour = "red"  # somebody likes it otherwise
        session.commit()
        assert take_along(session(), "garage") == 1
        assert made() == set()
        assert session.scalars(select(Tag.name).where(Tag.name == "garage")).all() == ["garage"]
        session.rollback()
        tag = session.get_one(Tag, tag.id)
        session.execute(text("UPDATE made_row SET row_version = :now"), {"now": tag.version})
        assert take_along(session(), "garage") == 0
        assert session.scalars(select(Tag.name).where(Tag.name == "garage")).all() == []
        session.rollback()
