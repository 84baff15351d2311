"""`tenantry plugin`: what an operator does from the command line, with clear sentences for what cannot be."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from app.cli import context
from app.cli.plugin import plugin
from app.cli.secrets import secrets
from app.data import platform_session
from app.data.bulk import TOLD
from app.data.migrate import owner_engine
from app.host.lifecycle import states_here
from app.host.models import InstalledPlugin, PluginSetting
from app.identity.sync import forget_permissions
from app.installation.purge import Holder
from app.ops.refusal import Refusal
from config import load_settings
from tests.plugins_for_tests.garage.models import Vehicle
from tests.plugins_for_tests.orchard.models import Tree


@pytest.fixture
def run(app, monkeypatch):
    """Runs `tenantry plugin ...` on the application of the tests."""

    @contextmanager
    def application():
        with app.app_context():
            yield app

    for module in ("context", "secrets"):
        monkeypatch.setattr(f"app.cli.{module}.application", application)
    monkeypatch.setattr("app.cli.context.settings_with_database", lambda: app.config["TENANTRY"])

    def command(*words, group=plugin, **more):
        done = CliRunner().invoke(group, list(words), **more)
        return done.exit_code, done.output + (str(done.exception) if done.exception else "")

    return command


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def test_the_list_shows_state_and_migrations(run, tenant):
    code, said = run("list")
    assert code == 0, said
    line = next(line for line in said.splitlines() if line.startswith("garage "))
    assert "1.0" in line
    assert " garage_00" in line
    assert "on " in line


def test_a_plugin_is_switched(run, house, tenant):
    assert run("disable", "garage", "--tenant", tenant.slug)[0] == 0
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code == 404
    assert "read-only" in run("enable", "garage", "--tenant", tenant.slug, "--read-only")[1]
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code == 200
    assert house.browser("owner", tenant).go("/garage/vehicle/add").status_code == 403
    assert run("enable", "garage", "--tenant", tenant.slug)[0] == 0
    assert house.browser("owner", tenant).go("/garage/vehicle/add").status_code == 200


@pytest.mark.parametrize("more", [(), ("--read-only",)])
def test_what_the_operator_has_not_accepted_is_not_switched_on(run, house, tenant, not_accepted, more):
    assert run("disable", "garage", "--tenant", tenant.slug)[0] == 0
    code, said = run("enable", "garage", "--tenant", tenant.slug, *more)
    assert code == 1
    assert "has not accepted yet what it asks for" in said
    with house.inside(tenant):
        assert states_here()["garage"] == "off"


def test_a_plugin_without_its_tables_is_not_switched_on(run, settings, tenant):
    """A purged plugin whose package stayed was on, and each of its pages failed."""
    engine = owner_engine(settings.role_url("owner"))
    assert run("disable", "garage", "--tenant", tenant.slug)[0] == 0
    with engine.begin() as connection:
        newest = connection.execute(text("DELETE FROM alembic_version_garage RETURNING version_num")).scalar_one()
    try:
        code, said = run("enable", "garage", "--tenant", tenant.slug)
        assert code == 1
        assert "tenantry db upgrade" in said
        assert run("disable", "garage", "--tenant", tenant.slug)[0] == 0
    finally:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO alembic_version_garage VALUES (:newest)"), {"newest": newest})
    assert run("enable", "garage", "--tenant", tenant.slug)[0] == 0


def test_an_upgrade_says_that_processes_restart(app, run, tenant):
    with app.app_context(), platform_session("a test installs an older version") as session:
        session.get_one(InstalledPlugin, "ntfy").version = "0.9"
    assert "restart web" not in run("upgrade", "ntfy", "--check")[1]
    code, said = run("upgrade", "ntfy", "--yes")
    assert code == 0, said
    assert "ntfy: 0.9 -> 1.0" in said
    assert "restart web, worker, dispatcher and scheduler" in said


def test_what_cannot_be_switched_is_said(run, tenant):
    assert "There is no tenant “nobody”" in run("enable", "garage", "--tenant", "nobody")[1]
    assert "No plugin of this name" in run("enable", "nothing", "--tenant", tenant.slug)[1]
    assert "No plugin of this name" in run("disable", "contacts", "--tenant", tenant.slug)[1]


def test_an_archive_is_written(run, house, samples, tenant, tmp_path):
    with house.inside(tenant) as session:
        samples.record(session, Vehicle)
        session.commit()
    code, said = run("archive", "garage", "--tenant", tenant.slug, "--folder", str(tmp_path))
    assert code == 0, said
    assert "checked" in said
    assert len(list(tmp_path.glob(f"garage-{tenant.slug}-*.zip"))) == 1
    assert "Name a tenant" in run("archive", "garage", "--folder", str(tmp_path))[1]


def test_all_are_archived_who_have_it_on_or_rows_of_it(run, house, tenant, tmp_path, monkeypatch):
    """Or a purge would be refused for tenants that the command had passed over."""
    other = house.new_tenant()
    held = [Holder(tenant.id, tenant.slug, "on", False), Holder(other.id, other.slug, "off", False)]
    monkeypatch.setattr("app.installation.purge.holders_of", lambda plugin: held)
    code, said = run("archive", "garage", "--all", "--folder", str(tmp_path))
    assert code == 0, said
    assert [path.name.split("-")[1] for path in tmp_path.glob("*.zip")] == [tenant.slug]
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code != 200


def test_a_purge_refuses_what_is_in_use_and_asks_for_the_name(run, app, house, tenant, tmp_path):
    code, said = run("purge", "garage", "--without-archive")
    assert code == 1
    assert "still on for" in said
    assert "part of the core" in run("purge", "contacts", "--without-archive")[1]
    code, said = run("purge", "nothing_here", "--without-archive", input="something else\n")
    assert code == 1
    assert "nothing was removed" in said
    code, said = run("purge", "nothing_here", "--folder", str(tmp_path), "--confirm", "nothing_here")
    assert code == 0, said


def test_a_plugin_that_is_gone_can_be_purged(run, app, settings, tenant, tmp_path):
    """Its package was uninstalled; its schema and its rows are still here."""
    with owner_engine(settings.role_url("owner")).begin() as connection:
        connection.execute(text("CREATE SCHEMA vanished"))
        connection.execute(text("CREATE TABLE vanished.thing (tenant_id uuid, id uuid)"))
        connection.execute(text("CREATE TABLE public.alembic_version_vanished (version_num text)"))
        connection.execute(
            text("INSERT INTO vanished.thing VALUES (:tenant, gen_random_uuid())"), {"tenant": tenant.id}
        )
        for role in ("app", "platform"):
            connection.execute(text(f"GRANT USAGE ON SCHEMA vanished TO {settings.role_prefix}_{role}"))
            connection.execute(text(f"GRANT SELECT ON vanished.thing TO {settings.role_prefix}_{role}"))
    with app.app_context(), platform_session("a test leaves a trace") as session:
        session.execute(text("INSERT INTO installed_plugin (name, version) VALUES ('vanished', '3.1')"))
        key = "tenant_id, id, plugin_key, state, version"
        values = {"tenant": tenant.id}
        session.execute(
            text(f"INSERT INTO tenant_plugin ({key}) VALUES (:tenant, gen_random_uuid(), 'vanished', 'on', 1)"),
            values, execution_options=TOLD,
        )  # fmt: skip
    assert "not installed any more" in run("list")[1]
    assert "still on for" in run("purge", "vanished", "--without-archive", "--confirm", "vanished")[1]
    assert run("disable", "vanished", "--tenant", tenant.slug)[0] == 0
    code, said = run("archive", "vanished", "--tenant", tenant.slug, "--folder", str(tmp_path))
    assert code == 0, said
    assert "checked" in said
    code, said = run("purge", "vanished", "--folder", str(tmp_path), "--confirm", "vanished")
    assert code == 0, said
    assert "vanished" not in run("list")[1]
    with owner_engine(settings.role_url("owner")).connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM pg_namespace WHERE nspname = 'vanished'")).scalar()
        table = connection.execute(text("SELECT to_regclass('public.alembic_version_vanished')")).scalar()
    assert (left, table) == (0, None)


def test_secrets_rotate_by_command(run, tenant):
    code, said = run("rotate", group=secrets)
    assert code == 0, said
    assert "under the first key" in said


def test_a_flag_is_opened_and_closed(run, tenant):
    said = run("flag", "garage.valet", "--open", "--tenant", tenant.slug, "--until", "2999-01-31")[1]
    assert f"garage.valet is open for {tenant.slug} until 2999-01-31" in said
    assert run("flag", "garage.valet", "--forget", "--tenant", tenant.slug)[0] == 0
    assert tenant.slug not in run("flag", "garage.valet")[1]
    code, said = run("flag", "garage.nothing", "--open")
    assert code == 1
    assert "no flag" in said


def test_what_a_plugin_asks_for_is_accepted(run, not_accepted):
    code, said = run("approve", "garage", input="n\n")
    assert code == 1
    assert "new       Keeps secrets" in said
    assert run("approve", "garage", "--yes")[0] == 0
    assert run("approve", "garage") == (0, "accepted  Keeps secrets that admins type in (secrets)\n")
    assert "asks for nothing" in run("approve", "crm")[1]


def test_a_secret_that_cannot_be_read_is_named(house, run, tenant):
    with house.inside(tenant) as session:
        session.add(PluginSetting(plugin_key="garage", name="api_key", sealed="nonsense"))
        session.commit()
    try:
        code, said = run("rotate", group=secrets)
        assert code == 1
        assert f"{tenant.slug}: the setting garage.api_key" in said
    finally:
        with house.inside(tenant) as session:
            session.delete(session.scalars(select(PluginSetting)).one())
            session.commit()


def test_a_plugin_is_switched_on_with_its_demo_records(run, house, tenant):
    assert run("enable", "orchard", "--tenant", tenant.slug)[0] == 0
    with house.inside(tenant) as session:
        assert session.scalars(select(Tree.name)).all() == []
    assert run("enable", "orchard", "--tenant", tenant.slug, "--demo")[0] == 0
    with house.inside(tenant) as session:
        assert session.scalars(select(Tree.name)).all() == ["Old apple"]


def test_permissions_that_a_purge_took_are_there_with_the_plugin(run, house, tenant):
    with house.app.app_context(), platform_session("a test takes what a purge takes") as session:
        forget_permissions(session, "orchard")
    assert run("enable", "orchard", "--tenant", tenant.slug)[0] == 0
    assert house.browser("owner", tenant).go("/orchard/tree/").status_code == 200


def test_a_check_says_at_once_what_it_needs(run, monkeypatch):
    monkeypatch.setattr("app.cli.plugin.checking.find_spec", lambda name: None if name == "xdist" else name)
    code, said = run("check", "orchard")
    assert (code, "test tools (xdist): pip install" in said) == (1, True)


def test_commands_say_from_where_no_database_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(context, "load_settings", lambda: load_settings({"TENANTRY_VAR": str(tmp_path)}))
    with pytest.raises(Refusal, match=f"{tmp_path}.*TENANTRY_VAR"):
        context.settings_with_database()
