"""The migrations of all that is installed, in one call: the core's history, then each plugin's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.data import ddl, migrate
from app.host.registry import build
from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from config import Settings

Log = Callable[[str], None]
Histories = list[migrate.History]


def upgrade_all(settings: Settings, log: Log, histories: Histories | None = None) -> int:
    """Bring every history to its head; returns how many moved. `histories`: instead of all that are installed."""
    return migrate.upgrade(settings.role_url("owner"), histories or _histories(), _roles(settings), log)


def upgrade_what_can(settings: Settings, log: Log) -> dict[str, str]:
    """Like `upgrade_all`, but a plugin whose migration fails is stopped, and the others go on. Returns why, by plugin.
    The next run tries again."""
    failed: dict[str, str] = {}

    def leave_out(history: migrate.History, error: Exception) -> None:
        failed[history.owner] = f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
        log(f"{history.owner}: its migration failed, so it is stopped: {failed[history.owner]}")

    migrate.upgrade(settings.role_url("owner"), _histories(), _roles(settings), log, leave_out)
    stop_plugins(settings, failed)
    return failed


_LET_GO = text("UPDATE installed_plugin SET stopped = NULL WHERE stopped IS NOT NULL AND name <> ALL(:names)")
_STOP = text("""
    INSERT INTO installed_plugin (name, version, stopped) VALUES (:name, '', :reason)
    ON CONFLICT (name) DO UPDATE SET stopped = excluded.stopped""")
_TELL = text("UPDATE tenant SET config_version = config_version + 1")


def stop_plugins(settings: Settings, reasons: Mapping[str, str]) -> None:
    """Note which plugins are stopped, and why; all others are let go again."""
    engine = migrate.owner_engine(settings.role_url("platform"))
    with engine.begin() as connection:
        changed = connection.execute(_LET_GO, {"names": list(reasons)}).rowcount
        for name, reason in reasons.items():
            changed += connection.execute(_STOP, {"name": name, "reason": reason}).rowcount
        if changed:
            connection.execute(_TELL)


def stopped(settings: Settings) -> dict[str, str]:
    """The plugins that a migration has stopped, and why."""
    engine = migrate.owner_engine(settings.role_url("platform"))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, stopped FROM installed_plugin WHERE stopped IS NOT NULL"))
        return {row.name: row.stopped for row in rows}


def pending(settings: Settings, histories: Histories | None = None) -> list[str]:
    """Owners (core, plugins) whose database is behind their revisions."""
    return migrate.pending(settings.role_url("owner"), histories or _histories())


def behind(settings: Settings, histories: Histories) -> list[str]:
    """Owners that keep the server from being ready: those behind their revisions, but for plugins that are stopped."""
    waiting = pending(settings, histories)
    return [owner for owner in waiting if owner not in stopped(settings)] if waiting else waiting


def drift(settings: Settings, histories: Histories | None = None) -> dict[str, list[Any]]:
    """What the models have and the database has not, or the other way round, by owner; empty when they agree."""
    url, roles = settings.role_url("owner"), _roles(settings)
    found = {history.owner: migrate.drift(url, history, roles) for history in histories or _histories()}
    return {owner: differences for owner, differences in found.items() if differences}


def revision(settings: Settings, owner: str, message: str) -> Path:
    """Write the next revision of one owner from the difference between its models and the database. Raises Refusal
    while an older one waits."""
    history = next((one for one in _histories() if one.owner == owner), None) or _first_history(owner)
    if any(history.versions.glob("*.py")) and pending(settings, [history]):
        raise Refusal(
            f"Older migrations of {owner} are not applied yet: run “tenantry db upgrade” first, or delete the file that"
            " the new revision shall replace."
        )
    return migrate.revision(settings.role_url("owner"), history, _roles(settings), message)


def current(settings: Settings, histories: Histories | None = None) -> list[tuple[str, str, str]]:
    """Each owner with the revision the database is at and the newest there is; empty text for none."""
    engine = migrate.owner_engine(settings.role_url("owner"))
    with engine.connect() as connection:
        return [(history.owner, _at(connection, history), _newest(history)) for history in histories or _histories()]


def head_of(settings: Settings, owner: str) -> str:
    """The revision that the database has of an owner, whose code may be gone; empty for none."""
    with migrate.owner_engine(settings.role_url("owner")).connect() as connection:
        return _at(connection, migrate.History(owner, Path()))


def _at(connection: Connection, history: migrate.History) -> str:
    options = {"version_table": history.version_table, "version_table_schema": "public"}
    return MigrationContext.configure(connection, opts=options).get_current_revision() or ""


def _newest(history: migrate.History) -> str:
    folder = ScriptDirectory(str(migrate.ROOT), version_locations=[str(history.versions)])
    return folder.get_current_head() or ""


def _histories() -> list[migrate.History]:
    return build(tolerant=True).histories()


def _first_history(owner: str) -> migrate.History:
    """The folder for the first revision of a plugin that has none yet."""
    installed = build(tolerant=True)
    if owner in installed.quarantined:
        raise Refusal(f"The plugin “{owner}” cannot be loaded: {installed.quarantined[owner]}")
    module = installed.modules.get(owner)
    if module is None or module.__file__ is None:
        raise Refusal(f"There is no plugin called “{owner}”: use its name, or core.")
    return migrate.History(owner, Path(module.__file__).parent / "migrations")


def _roles(settings: Settings) -> ddl.RoleNames:
    return ddl.RoleNames.of(settings.role_prefix)
