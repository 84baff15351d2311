"""Migrations: one linear Alembic history per owner (the core and each plugin), one shared environment.

Each history has its own version table `alembic_version_<owner>` and touches one schema only. The core goes first, then
plugins in order of their requirements. A run takes an advisory lock, and gives up a table lock rather than block a
live system.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import configure_mappers

from app.data import ddl
from app.data.base import metadata
from app.data.histories import ROOT, BrokenHistory, History, folder_of, is_behind, line
from app.data.outside import Walls
from app.data.owners import CORE

_LOCK = 7_240_118_001
_LOCK_TIMEOUT = "2s"
_TRIES = 5


CORE_HISTORY = History(CORE, ROOT / "versions")


def owns_table(history: History, table: Any) -> bool:
    """Does this table of the shared metadata belong to the history?"""
    return bool(table.schema == history.schema)


def owner_engine(url: str) -> Engine:
    """An engine of the owner role, without a pool: migrations are rare and must leave nothing open."""
    from sqlalchemy.pool import NullPool

    return create_engine(url, poolclass=NullPool, hide_parameters=True)


def upgrade(
    url: str,
    histories: list[History],
    roles: ddl.RoleNames,
    log: Callable[[str], None],
    leave_out: Callable[[History, Exception], None] | None = None,
) -> int:
    """Bring every history to its head. Returns how many moved. With `leave_out` a plugin's history that fails is told
    there, and the others go on; the revision that failed has done nothing."""
    ran = 0
    with _locked(url) as connection:
        for history in histories:
            try:
                moved = _to_head(connection, history, roles)
            except Exception as error:
                if leave_out is None or history.schema is None:
                    raise
                connection.rollback()
                leave_out(history, error)
                continue
            if moved:
                log(f"{history.owner}: {moved}")
                ran += 1
    return ran


def _to_head(connection: Connection, history: History, roles: ddl.RoleNames) -> str:
    """Run what waits of one history; says from where to where, nothing when it is at its head."""
    before, revisions = _current(connection, history), line(history)
    head = revisions[-1] if revisions else None
    if before == head:
        return ""
    if before is not None and before not in revisions:
        raise BrokenHistory(
            f"The database is at its migration {before}, which the installed version does not know: install the version"
            " that does."
        )
    _prepare_schema(connection, history, roles)
    _run(connection, history, roles, lambda config: command.upgrade(config, head or "head"))
    return f"{before or 'empty'} -> {head}"


def downgrade(url: str, history: History, roles: ddl.RoleNames, to: str = "base") -> None:
    """Take one history down to a revision; `base` removes all its tables."""
    with _locked(url) as connection:
        _run(connection, history, roles, lambda config: command.downgrade(config, to))


def _run(connection: Connection, history: History, roles: ddl.RoleNames, run: Callable[[Config], None]) -> None:
    """A plugin's revisions are one transaction, and its walls are looked at before the end of it: all of them are done,
    or none."""
    config = _config(history, connection, roles)
    if history.schema is not None:
        config.attributes["walls"] = Walls.before(connection, history, roles)
        connection.rollback()
    try:
        _patiently(partial(run, config))
    finally:
        MOVED.append(history.owner)


MOVED: list[str] = []
"""The histories that this process has moved so far: who remembers where they stand asks again when it has grown."""


def drop_history(url: str, owner: str) -> None:
    """Remove a plugin's schema with all in it, and the memory of its migrations: as if it had never been there."""
    if owner == CORE or not owner.isidentifier():
        raise ValueError(f"“{owner}” is no plugin.")
    with _locked(url) as connection:
        connection.execute(text(f'DROP SCHEMA IF EXISTS "{owner}" CASCADE'))
        connection.execute(text(f'DROP TABLE IF EXISTS public."alembic_version_{owner}"'))
    MOVED.append(owner)


def revision(url: str, history: History, roles: ddl.RoleNames, message: str, *, autogenerate: bool = True) -> Path:
    """Write a new revision with what the models have and the database has not. Returns its file."""
    configure_mappers()
    history.versions.mkdir(parents=True, exist_ok=True)
    with _locked(url) as connection:
        _prepare_schema(connection, history, roles)
        config = _config(history, connection, roles)
        made = command.revision(config, message, autogenerate=autogenerate, rev_id=_next_number(history))
    return Path(made.path)  # type: ignore[union-attr]


def pending(url: str, histories: list[History]) -> list[str]:
    """Owners whose database is not at the head of their history."""
    engine = owner_engine(url)
    with engine.connect() as connection:
        return [one.owner for one in histories if is_behind(one, _current(connection, one) or "")]


def drift(url: str, history: History, roles: ddl.RoleNames) -> list[Any]:
    """Differences between the models and the database, as Alembic sees them; empty when there are none."""
    configure_mappers()
    with owner_engine(url).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, parents: _looks_at(history, name, kind),
                "include_object": lambda item, name, kind, reflected, to: (
                    kind != "table" or reflected or owns_table(history, item)
                ),
                "compare_type": True,
                "roles": roles,
            },
        )
        return list(compare_metadata(context, metadata))


def _looks_at(history: History, name: str | None, kind: str) -> bool:
    if kind == "schema":
        return name == history.schema
    return not (kind == "table" and (name or "").startswith("alembic_version"))


def _config(history: History, connection: Connection, roles: ddl.RoleNames) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(history.versions))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, history=history, roles=roles)
    return config


def _next_number(history: History) -> str:
    """Revisions are numbered per owner, so their files sort in the order they run: `crm_0003`."""
    count = len(list(folder_of(history).walk_revisions()))
    return f"{history.owner}_{count + 1:04d}"


def _current(connection: Connection, history: History) -> str | None:
    opts = {"version_table": history.version_table, "version_table_schema": "public"}
    current = MigrationContext.configure(connection, opts=opts).get_current_revision()
    connection.rollback()
    return current


def _prepare_schema(connection: Connection, history: History, roles: ddl.RoleNames) -> None:
    if history.schema is None:
        return
    for statement in ddl.create_schema(history.schema, roles):
        connection.execute(text(statement))
    connection.commit()


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """A connection that holds the migration lock: two deployments at once run one after the other."""
    engine = owner_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.execute(text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": _LOCK_TIMEOUT})
        connection.commit()
        yield connection
        connection.commit()
    engine.dispose()


def _patiently(run: Callable[[], Any]) -> None:
    """Retry when a busy table could not be locked in time, a little later each time."""
    for attempt in range(_TRIES):
        try:
            run()
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != "55P03" or attempt == _TRIES - 1:
                raise
            time.sleep(0.5 * 2**attempt)
