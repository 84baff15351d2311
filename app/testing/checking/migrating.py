"""Migrations up, down and up again on a database of their own; what is dropped leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.data import ddl, migrate
from app.host.registry import Registry
from app.ops.bootstrap import prepare_roles
from app.testing import servers
from app.testing.checking.report import Finding

_CATALOG = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_'
"""


def migrate_there_and_back(registry: Registry, plugin: str, running: servers.Servers) -> Iterator[Finding]:
    """Up, compare with the models, down, up, drop: each in a database that is thrown away."""
    url = servers.create_database(running.database_url, "tenantry_check")
    settings = servers.settings_for(url, running.redis_url, running.folder / "check")
    prepare_roles(settings)
    owner, roles = settings.role_url("owner"), ddl.RoleNames.of(settings.role_prefix)
    mine = [one for one in registry.histories() if one.owner == plugin]
    others = [one for one in registry.histories() if one.owner != plugin]
    migrate.upgrade(owner, others, roles, lambda line: None)
    before = _catalog(owner)
    yield _step("Migrations run", lambda: migrate.upgrade(owner, mine, roles, lambda line: None))
    for history in mine:
        drift = migrate.drift(owner, history, roles)
        hint = (f'write what is missing: tenantry db revision {plugin} -m "..."',) if drift else ()
        yield Finding("Models and migrations agree", not drift, (*map(_in_words, drift[:5]), *hint))
        yield _step("Migrations run back, and again", lambda: _back_and_forth(owner, history, roles))  # noqa: B023
    migrate.drop_history(owner, plugin)
    left = sorted(_catalog(owner) - before)
    yield Finding("Removed, it leaves nothing in the catalogue", not left, tuple(left))
    servers.drop_database(running.database_url, "tenantry_check")


def _in_words(difference: Any) -> str:
    """A difference as Alembic has it, without what only Alembic understands."""
    if isinstance(difference, tuple) and difference[0] in ("add_column", "remove_column"):
        what, schema, table, column = difference
        return f"{what.replace('_', ' ')} {schema}.{table}.{column.name}"
    if isinstance(difference, tuple) and difference[0] in ("add_table", "remove_table"):
        return f"{difference[0].replace('_', ' ')} {difference[1].fullname}"
    return str(difference)


def _back_and_forth(owner: str, history: migrate.History, roles: ddl.RoleNames) -> None:
    migrate.downgrade(owner, history, roles)
    migrate.upgrade(owner, [history], roles, lambda line: None)


def _step(promise: str, run: Any) -> Finding:
    try:
        run()
    except Exception as error:
        return Finding(promise, False, (f"{type(error).__name__}: {_said(error)}",))
    return Finding(promise, True)


def _said(error: Exception) -> str:
    """What the database says, and to which statement, without the links of whoever stands between."""
    if not isinstance(error, DBAPIError):
        return " ".join(str(error).split())[:300]
    words = str(error.orig).strip().splitlines()[0]
    return f"{words} ({' '.join((error.statement or '').split())[:120]})"


def _catalog(url: str) -> set[str]:
    with migrate.owner_engine(url).connect() as connection:
        return set(connection.execute(text(_CATALOG)).scalars())
