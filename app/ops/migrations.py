"""The migrations of all that is installed, in one call: the core's history, then each plugin's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.data import ddl, migrate
from app.data.histories import BrokenHistory, History, is_behind, line, place_in
from app.data.outside import OutOfBounds
from app.data.positions import where
from app.host import discovery
from app.host.registry import Registry, build
from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from config import Settings

Log = Callable[[str], None]
Histories = list[History]
Which = Literal["all", "known", "core"]
"""Whose migrations `tenantry db upgrade` runs."""


def upgrade_all(settings: Settings, log: Log, histories: Histories | None = None) -> int:
    """Bring every history to its head; returns how many moved. `histories`: instead of all that are installed."""
    return migrate.upgrade(settings.role_url("owner"), histories or _histories(), _roles(settings), log)


def upgrade_what_can(settings: Settings, log: Log, which: Which = "all") -> dict[str, str]:
    """Like `upgrade_all`, but a plugin whose migration fails is stopped, and the others go on; one whose migrations
    cannot even be read is left out. Returns why, by plugin. The next run tries again.

    `which`: "all"; "core" alone; or what is "known", which leaves out plugins whose package is another version than
    the one that was let in here, and those that some tenants try."""
    installed = _installed()
    failed: dict[str, str] = {}
    migrate.upgrade(settings.role_url("owner"), [discovery.core_history()], _roles(settings), log)
    waiting = _not_let_in(settings, installed) if which == "known" else set()

    def leave_out(history: History, error: Exception) -> None:
        failed[history.owner] = in_words(history, error)
        log(f"{history.owner}: its migration failed, so it is stopped: {failed[history.owner]}")

    plugins = [] if which == "core" else [one for one in installed.histories()[1:] if one.owner not in waiting]
    migrate.upgrade(settings.role_url("owner"), plugins, _roles(settings), log, leave_out)
    for one in migrate.pending(settings.role_url("owner"), [installed.migrations[name] for name in waiting]):
        log(f"{one}: its new version waits for “tenantry plugin upgrade {one}”.")
    if which != "core":
        kept = {name: reason for name, reason in stopped(settings).items() if name in waiting}
        stop_plugins(settings, kept | failed)
    for name, reason in installed.quarantined.items():
        log(f"{name}: left out, so its migrations wait: {reason}")
    return failed


def _not_let_in(settings: Settings, installed: Registry) -> set[str]:
    """Plugins with migrations whose installed version is not the one that works here, or is being tried. One that was
    never here has nothing that could be harmed."""
    with migrate.owner_engine(settings.role_url("platform")).connect() as connection:
        rows = connection.execute(text("SELECT name, version, trying FROM installed_plugin WHERE version <> ''"))
        known = {row.name: (row.version, row.trying) for row in rows}
    now = {name: (installed.versions[name], None) for name in installed.migrations}
    return {name for name in now if name in known and known[name] != now[name]}


class MigrationFailed(ValueError):
    """The migrations of a plugin failed, and nothing of them is left; the message is in an operator's words."""


def upgrade_one(settings: Settings, history: History, log: Log) -> None:
    """Bring one plugin to its head. Raises MigrationFailed."""
    try:
        upgrade_all(settings, log, [history])
    except Exception as error:
        raise MigrationFailed(in_words(history, error)) from error


def downgrade_one(settings: Settings, history: History, to: str) -> None:
    """Take one history down to a revision (`base`: before the first one). Raises MigrationFailed."""
    try:
        migrate.downgrade(settings.role_url("owner"), history, _roles(settings), to)
    except Exception as error:
        raise MigrationFailed(in_words(history, error)) from error


def in_words(history: History, error: Exception) -> str:
    """Why migrations failed, for an operator: what the database said, or the error, and the line that raised it."""
    if isinstance(error, (BrokenHistory, OutOfBounds)):
        return str(error)[:500]
    place = place_in(history.versions, error)
    words = _said_by_database(error) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}"
    return f"{f'{place}: ' if place else ''}{' '.join(words.split())}"[:500]


def _said_by_database(error: DBAPIError) -> str:
    """PostgreSQL's own sentence, without the statement and without links of ours."""
    told = getattr(error.orig, "diag", None)
    parts = (getattr(told, "message_primary", None), getattr(told, "message_detail", None))
    return ". ".join(part.rstrip(".") for part in parts if part) or str(error.orig)


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


@dataclass(frozen=True, slots=True)
class Position:
    """Where one history stands."""

    owner: str
    here: str
    """The revision the database is at; empty for none."""
    newest: str
    """The last one there is; empty when there is none, or it cannot be told."""
    is_behind: bool
    fault: str = ""
    """Why the files cannot be read."""


def head_of(settings: Settings, owner: str) -> str:
    """The revision that the database has of an owner, whose code may be gone; empty for none."""
    with migrate.owner_engine(settings.role_url("owner")).connect() as connection:
        return where(connection, [History(owner, Path())])[owner]


def current(settings: Settings, histories: Histories | None = None) -> list[Position]:
    """How each history stands."""
    chosen = histories or _histories()
    with migrate.owner_engine(settings.role_url("owner")).connect() as connection:
        here = where(connection, chosen)
    return [_position(one, here[one.owner]) for one in chosen]


def _position(history: History, here: str) -> Position:
    try:
        revisions = line(history)
    except BrokenHistory as broken:
        return Position(history.owner, here, "", True, str(broken))
    return Position(history.owner, here, revisions[-1] if revisions else "", is_behind(history, here))


def _histories() -> Histories:
    return _installed().histories()


def _installed() -> Registry:
    return build(tolerant=True)


def _first_history(owner: str) -> History:
    """The folder for the first revision of a plugin that has none yet."""
    installed = build(tolerant=True)
    if owner in installed.quarantined:
        raise Refusal(f"The plugin “{owner}” cannot be loaded: {installed.quarantined[owner]}")
    module = installed.modules.get(owner)
    if module is None or module.__file__ is None:
        raise Refusal(f"There is no plugin called “{owner}”: use its name, or core.")
    return History(owner, Path(module.__file__).parent / "migrations")


def _roles(settings: Settings) -> ddl.RoleNames:
    return ddl.RoleNames.of(settings.role_prefix)
