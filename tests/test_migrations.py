"""Migrations: up, down and up again, no drift, two at once, one head, and no application code in a revision."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.data import ddl, migrate
from app.data.catalog import violations
from app.data.histories import ROOT, History
from app.data.outside import outside, reached
from app.host.registry import build
from app.ops.bootstrap import prepare_roles
from app.ops.migrations import current, in_words
from app.testing import servers
from app.testing.fixtures import installed
from tests.first_migration import first_migration

ALLOWED_IMPORTS = {"__future__", "alembic", "sqlalchemy", "sqlalchemy.dialects", "sqlalchemy.dialects.postgresql"}


@pytest.fixture(scope="module")
def histories(pytestconfig):
    return build(installed(pytestconfig)).histories()


@pytest.fixture
def empty(addresses, worker_id_or_main):
    """Settings for a new database with roles and no tables."""
    database_url, redis_url, folder = addresses
    name = f"tenantry_migrations_{worker_id_or_main}"
    settings = servers.settings_for(servers.create_database(database_url, name), redis_url, folder / "migrations")
    prepare_roles(settings)
    yield settings
    servers.drop_database(database_url, name)


def roles(settings):
    return ddl.RoleNames.of(settings.role_prefix)


def upgrade(settings, histories):
    lines = []
    ran = migrate.upgrade(settings.role_url("owner"), histories, roles(settings), lines.append)
    return ran, lines


def tables(settings, schema):
    engine = migrate.owner_engine(settings.role_url("owner"))
    with engine.connect() as connection:
        found = inspect(connection).get_table_names(schema=schema)
    return {name for name in found if not name.startswith("alembic_version")}


def test_up_down_and_up_again(empty, histories):
    url = empty.role_url("owner")
    ran, _lines = upgrade(empty, histories)
    assert ran == len(histories) >= 2
    assert migrate.pending(url, histories) == []
    before = {history.owner: tables(empty, history.schema) for history in histories}
    assert all(before.values())
    for history in reversed(histories):
        migrate.downgrade(url, history, roles(empty))
        assert tables(empty, history.schema) == set(), history.owner
    assert migrate.pending(url, histories) == [history.owner for history in histories]
    assert upgrade(empty, histories)[0] == len(histories)
    assert {history.owner: tables(empty, history.schema) for history in histories} == before
    assert upgrade(empty, histories) == (0, [])
    for history in histories:
        assert migrate.drift(url, history, roles(empty)) == [], history.owner
    with migrate.owner_engine(url).connect() as connection:
        assert violations(connection, roles(empty)) == []


def test_drift_is_seen(empty, histories):
    """A check that never finds anything would not be one."""
    upgrade(empty, histories)
    url = empty.role_url("owner")
    with migrate.owner_engine(url).begin() as connection:
        connection.execute(text("ALTER TABLE garage.vehicle DROP COLUMN battery"))
        connection.execute(text("CREATE TABLE garage.forgotten (id uuid)"))
        connection.execute(text("ALTER TABLE company ADD surplus text"))
    by_owner = {history.owner: str(migrate.drift(url, history, roles(empty))) for history in histories}
    assert "battery" in by_owner["garage"]
    assert "forgotten" in by_owner["garage"]
    assert "surplus" in by_owner["core"]
    assert "surplus" not in by_owner["garage"]


def test_two_upgrades_at_once(empty, histories):
    ran, errors = [], []

    def work():
        try:
            ran.append(upgrade(empty, histories)[0])
        except Exception as error:
            errors.append(error)

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert errors == []
    assert sorted(ran) == [0, len(histories)]


def test_a_revision_is_written_inside_one_schema(empty, histories, tmp_path):
    """`db revision` for one owner names nothing of another, quotes its tables, and makes the walls."""
    core, garage = histories[0], next(one for one in histories if one.owner == "garage")
    upgrade(empty, [core])
    fresh = History("garage", tmp_path / "migrations")
    path = migrate.revision(empty.role_url("owner"), fresh, roles(empty), "first steps")
    source = path.read_text()
    assert path.name == "garage_0001_first_steps.py"
    assert "op.create_tenant_table('vehicle'" in source
    assert "op.create_table(" not in source
    assert "contact'" not in source.replace("'contact.tenant_id', 'contact.id'", "")
    assert upgrade(empty, [core, fresh])[0] == 1
    assert migrate.drift(empty.role_url("owner"), garage, roles(empty)) == []
    again = migrate.revision(empty.role_url("owner"), fresh, roles(empty), "nothing new")
    assert again.name.startswith("garage_0002")
    assert "op." not in again.read_text()


def test_a_vanished_plugin_does_not_block_an_upgrade(empty, histories):
    upgrade(empty, histories)
    assert upgrade(empty, histories[:1]) == (0, [])
    assert migrate.pending(empty.role_url("owner"), histories[:1]) == []


def test_a_failed_revision_leaves_nothing_behind(empty, histories, tmp_path):
    upgrade(empty, histories[:1])
    broken = History("broken", tmp_path / "migrations")
    broken.versions.mkdir()
    (broken.versions / "broken_0001_x.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'broken_0001'\ndown_revision = None\n"
        "def upgrade():\n    op.create_tenant_table('half', sa.Column('tenant_id', sa.Uuid()), schema='broken')\n"
        "    op.execute('SELECT 1/0')\n"
    )
    with pytest.raises(Exception, match="division by zero"):
        upgrade(empty, [histories[0], broken])
    assert tables(empty, "broken") == set()
    assert migrate.pending(empty.role_url("owner"), [broken]) == ["broken"]


def revisions(histories):
    return [(history, path) for history in histories for path in sorted(history.versions.glob("*.py"))]


def test_each_history_is_one_line(histories):
    for history in histories:
        scripts = ScriptDirectory(str(ROOT), version_locations=[str(history.versions)])
        assert len(scripts.get_heads()) == 1, history.owner
        assert len(scripts.get_bases()) == 1, history.owner
        for script in scripts.walk_revisions():
            assert script.revision.startswith(f"{history.owner}_"), script.path
            assert not script.dependencies, script.path
            assert not script.branch_labels, script.path


def test_revisions_import_no_application_code(histories):
    """A revision must mean the same in five years, whatever the code has become."""
    for _history, path in revisions(histories):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module in ALLOWED_IMPORTS, f"{path.name}: {node.module}"
            if isinstance(node, ast.Import):
                assert {name.name for name in node.names} <= ALLOWED_IMPORTS, path.name


def test_every_revision_can_be_taken_back(histories):
    for _history, path in revisions(histories):
        functions = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
        assert set(functions) >= {"upgrade", "downgrade"}, path.name


def test_tables_are_made_with_their_walls(histories):
    """No revision makes a bare table, which would have no row-level security."""
    for _history, path in revisions(histories):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr != "create_table", path.name


def test_the_folder_of_the_core_is_the_one_that_is_shipped():
    assert Path(migrate.CORE_HISTORY.versions).parent.joinpath("env.py").is_file()


# What a plugin may not do ---------------------------------------------------------------------------------------------


def wreck(tmp_path, *steps, first=True):
    """The history of a plugin with one good table, and a revision for each step."""
    history = History("wreck", tmp_path / "migrations")
    history.versions.mkdir(exist_ok=True)
    if first:
        (history.versions / "wreck_0001.py").write_text(first_migration("wreck", "thing", "wreck_0001"))
    for number, step in enumerate(steps, start=2):
        down = f"'wreck_{number - 1:04d}'" if number > 2 or first else "None"
        (history.versions / f"wreck_{number:04d}.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = 'wreck_{number:04d}'\ndown_revision = {down}\n"
            f"def upgrade():\n    {step}\n\ndef downgrade():\n    pass\n"
        )
    return history


def run(settings, histories):
    """Like `tenantry db upgrade`: what failed, and why."""
    failed = {}
    migrate.upgrade(
        settings.role_url("owner"), histories, roles(settings), lambda line: None,
        lambda history, error: failed.update({history.owner: in_words(history, error)}),
    )  # fmt: skip
    return failed


OUTSIDE = {
    "op.execute('CREATE TABLE public.evil (id uuid)')": "made the table public.evil",
    "op.add_column('contact', sa.Column('wreck_note', sa.Text()))": "made the column public.contact.wreck_note",
    "op.drop_column('contact', 'updated_by')": "removed the column public.contact.updated_by",
    "op.execute('CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$SELECT 1$$')": "made the function public.f()",
    "op.execute('CREATE TRIGGER t BEFORE UPDATE ON contact FOR EACH ROW EXECUTE FUNCTION"
    " suppress_redundant_updates_trigger()')": "made the trigger public.contact.t",
    "op.execute('ALTER TABLE contact NO FORCE ROW LEVEL SECURITY')": "changed the table public.contact",
    "op.execute('CREATE POLICY everything ON contact USING (true)')": "made the policy public.contact.everything",
    "op.execute('ALTER TABLE contact ADD CONSTRAINT c CHECK (true)')": "made the constraint public.contact.c",
    "op.execute('GRANT SELECT ON api_token TO PUBLIC')": "changed the table public.api_token",
    "op.execute('CREATE TYPE public.mood AS ENUM ()')": "made the type public.mood",
    "op.execute('CREATE SCHEMA another')": "made the schema another",
    "op.execute('CREATE INDEX i ON contact (full_name)')": "made the index public.i",
}  # fmt: skip
WALLS = {
    "op.create_table('naked', sa.Column('tenant_id', sa.Uuid(), primary_key=True),"
    " sa.Column('id', sa.Uuid(), primary_key=True), schema='wreck')": "wreck.naked",
    "op.execute('GRANT SELECT ON wreck.thing TO PUBLIC')": "wreck.thing: everybody holds SELECT",
    "op.execute('DROP POLICY tenant ON wreck.thing')": "wreck.thing",
    "op.execute('CREATE VIEW wreck.all_of_it AS SELECT * FROM contact')": "wreck.all_of_it: the view runs with",
    "op.execute('CREATE FUNCTION wreck.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$SELECT 1$$')": "steps over",
}


def test_what_reaches_outside_or_breaks_a_wall_is_taken_back(empty, histories, tmp_path):
    """Each of them in a revision after a good one: neither is there afterwards, and the plugin after it goes on."""
    upgrade(empty, histories[:1])
    url = empty.role_url("owner")
    with migrate.owner_engine(url).connect() as connection:
        before = outside(connection, "", "alembic_version_wreck")
    for step, words in {**OUTSIDE, **WALLS}.items():
        history = wreck(tmp_path, "pass", step)
        failed = run(empty, [history])
        assert words in failed["wreck"], step
        assert tables(empty, "wreck") == set(), step
        with migrate.owner_engine(url).connect() as connection:
            now = outside(connection, "", "alembic_version_wreck")
        assert {name for name in reached(before, now) if "schema wreck" not in name} == set(), step
    assert run(empty, histories) == {}


def test_a_foreign_key_to_the_core_and_things_of_ones_own_are_no_reach(empty, histories, tmp_path):
    upgrade(empty, histories[:1])
    own = (
        (
            "op.add_column('thing', sa.Column('contact_id', sa.Uuid()), schema='wreck');"
            " op.create_foreign_key('fk_thing_contact', 'thing', 'contact', ['tenant_id', 'contact_id'],"
            " ['tenant_id', 'id'], source_schema='wreck');"
            " op.create_index('ix_thing_contact', 'thing', ['tenant_id', 'contact_id'], schema='wreck')"
        ),
        "op.execute('CREATE FUNCTION wreck.f() RETURNS int LANGUAGE sql AS $$SELECT 1$$')",
        "op.execute(\"CREATE TYPE wreck.mood AS ENUM ('well')\")",
        (
            "op.execute('SET ROLE ' + op.get_context().opts['roles'].platform);"
            " op.execute('UPDATE wreck.thing SET title = title'); op.execute('RESET ROLE')"
        ),
    )
    assert run(empty, [wreck(tmp_path, *own)]) == {}
    assert migrate.pending(empty.role_url("owner"), [wreck(tmp_path, *own)]) == []


BROKEN = {
    "syntax": ("def upgrade(:\n", "wreck_0002.py line 1: SyntaxError: invalid syntax"),
    "import": ("import nowhere_at_all\n", "wreck_0002.py line 1: ModuleNotFoundError: No module named"),
    "heads": ("revision = 'wreck_0003'\ndown_revision = None\n", "2 ends (wreck_0001.py, wreck_0002.py)"),
    "parent": ("revision = 'wreck_0003'\ndown_revision = 'wreck_0002'\n", "“wreck_0002”, which is not there"),
    "circle": ("revision = 'wreck_0003'\ndown_revision = 'wreck_0003'\n", "wreck_0003"),
    "nothing": ("", "wreck_0002.py"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_files_that_are_no_line_stop_their_plugin_alone(empty, histories, tmp_path, how):
    source, words = BROKEN[how]
    history = wreck(tmp_path)
    (history.versions / "wreck_0002.py").write_text(source)
    failed = run(empty, [histories[0], history, histories[1]])
    assert set(failed) == {"wreck"}
    assert words in failed["wreck"]
    assert "\n" not in failed["wreck"]
    assert migrate.pending(empty.role_url("owner"), [*histories[:2], history]) == ["wreck"]
    (position,) = current(empty, [history])
    assert (position.here, position.newest, position.is_behind) == ("", "", True)
    assert words in position.fault
