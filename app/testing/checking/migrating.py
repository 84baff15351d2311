"""Migrations up, down and up again on a database of their own; what is dropped leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from app.data import ddl, migrate
from app.data.histories import History, line
from app.data.outside import outside, reached
from app.host.registry import Registry
from app.ops.bootstrap import prepare_roles
from app.ops.migrations import in_words
from app.testing import servers
from app.testing.checking.report import Finding
from config import Settings

OVER_ROWS = "Migrations run over rows, back and again"


def migrate_there_and_back(registry: Registry, plugin: str, running: servers.Servers) -> Iterator[Finding]:
    """Up, compare with the models, down, up, drop: each in a database that is thrown away."""
    url = servers.create_database(running.database_url, "tenantry_check")
    settings = servers.settings_for(url, running.redis_url, running.folder / "check")
    prepare_roles(settings)
    owner, roles = settings.role_url("owner"), ddl.RoleNames.of(settings.role_prefix)
    mine = [one for one in registry.histories() if one.owner == plugin]
    later = _built_upon(registry, plugin)
    others = [one for one in registry.histories() if one.owner != plugin and one.owner not in later]
    migrate.upgrade(owner, others, roles, lambda line: None)
    before = _outside(owner, plugin)
    for history in mine:
        ran = _step("Migrations run", lambda: migrate.upgrade(owner, [history], roles, lambda line: None), history)  # noqa: B023
        yield ran
        if not ran.kept:
            continue
        drift = migrate.drift(owner, history, roles)
        hint = (f'write what is missing: tenantry db revision {plugin} -m "..."',) if drift else ()
        yield Finding("Models and migrations agree", not drift, (*map(_in_words, drift[:5]), *hint))
        yield _step("Migrations run back, and again", lambda: _back_and_forth(owner, history, roles), history)  # noqa: B023
    migrate.drop_history(owner, plugin)
    left = _left(owner, plugin, before)
    yield Finding("Removed, it leaves nothing in the catalogue", not left, tuple(left))
    servers.drop_database(running.database_url, "tenantry_check")


def _built_upon(registry: Registry, plugin: str) -> set[str]:
    """The plugins that require this one, and those that require them: their tables come after its own."""
    found = {plugin}
    while more := {one.name for one in registry.plugins if set(one.requires) & found} - found:
        found |= more
    return found - {plugin}


def _in_words(difference: Any) -> str:
    """A difference as Alembic has it, without what only Alembic understands."""
    if isinstance(difference, tuple) and difference[0] in ("add_column", "remove_column"):
        what, schema, table, column = difference
        return f"{what.replace('_', ' ')} {schema}.{table}.{column.name}"
    if isinstance(difference, tuple) and difference[0] in ("add_table", "remove_table"):
        return f"{difference[0].replace('_', ' ')} {difference[1].fullname}"
    return str(difference)


def _back_and_forth(owner: str, history: History, roles: ddl.RoleNames) -> None:
    migrate.downgrade(owner, history, roles)
    migrate.upgrade(owner, [history], roles, lambda line: None)


def _step(promise: str, run: Callable[[], Any], history: History) -> Finding:
    try:
        run()
    except Exception as error:
        return Finding(promise, False, (in_words(history, error),))
    return Finding(promise, True)


def _outside(url: str, plugin: str) -> dict[str, str]:
    """All that is not in the plugin's schema, as its migrations are held against it."""
    with migrate.owner_engine(url).connect() as connection:
        return outside(connection, plugin, f"alembic_version_{plugin}")


def _left(url: str, plugin: str, before: dict[str, str]) -> list[str]:
    left = reached(before, _outside(url, plugin))
    with migrate.owner_engine(url).connect() as connection:
        names = {"schema": plugin, "table": f"public.alembic_version_{plugin}"}
        if connection.scalar(text("SELECT to_regnamespace(:schema) IS NOT NULL"), names):
            left.append(f"the schema {plugin} is there")
        if connection.scalar(text("SELECT to_regclass(:table) IS NOT NULL"), names):
            left.append(f"{names['table']} is there")
    return left


def migrate_over_rows(settings: Settings, history: History) -> Finding:
    """Each migration back and run again, with the rows that are there: those of new tables come and go, those of older
    ones must bear it."""
    url, roles, revisions = settings.role_url("owner"), ddl.RoleNames.of(settings.role_prefix), line(history)

    def run() -> None:
        for number in range(len(revisions) - 1, 0, -1):
            migrate.downgrade(url, history, roles, revisions[number - 1])
            migrate.upgrade(url, [replace(history, known=revisions[: number + 1])], roles, lambda line: None)
            migrate.downgrade(url, history, roles, revisions[number - 1])
        migrate.upgrade(url, [history], roles, lambda line: None)

    return _step(OVER_ROWS, run, history)
