"""What an upgrade of a plugin would do, before it is done: its migrations, the tables they touch and how long those are
locked, what it asks for besides, and whether there is a way back.

The statements are those that Alembic would send; they are written down and not sent, so looking costs no lock.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script
from flask_babel import gettext as _
from sqlalchemy import text

from app.data import ddl, platform_session
from app.data.histories import BrokenHistory, History, line, scripts
from app.host import registry
from app.host.accepted import asked_of_operator
from app.host.models import InstalledPlugin
from app.installation.pins import Pinned, broken_by
from app.installation.words import need_words
from app.ops.migrations import current
from config import Settings

_TOUCHES = re.compile(
    r"^(ALTER TABLE|CREATE (?:UNIQUE )?INDEX\s+(?:CONCURRENTLY\s+)?\S+ ON|UPDATE|DELETE FROM|INSERT INTO|DROP TABLE|"
    r"TRUNCATE)\s+(?:ONLY\s+)?(?:IF EXISTS\s+)?([\w.\"]+)(.*)",
    re.DOTALL | re.IGNORECASE,
)
REWRITTEN, INDEXED, SCANNED = 150_000, 400_000, 1_500_000
"""Rows a second, as a modest machine does them: for an estimate in words, not for a promise."""
EXACT = 100_000
"""Tables that the statistics hold for larger are not counted."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A table that a migration touches."""

    table: str
    rows: int
    what: str
    lock: str
    """Who waits, and for how long, in words."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What there is to know before an upgrade. `obstacle` is why it cannot begin; `unforeseen` what could not be read
    from the migrations."""

    plugin: str
    before: str
    after: str
    revisions: tuple[str, ...]
    touches: tuple[Touch, ...]
    new_needs: tuple[str, ...]
    is_reversible: bool
    unforeseen: tuple[str, ...] = ()
    obstacle: str = ""
    pins: tuple[Pinned, ...] = ()
    """Tenants that stay with other versions, and could only read in this one."""

    @property
    def is_due(self) -> bool:
        return self.before != self.after or bool(self.revisions)

    @property
    def way_back(self) -> str:
        """Whether its migrations can be undone, as far as reading them tells: trying it would lock tables in use."""
        if not self.is_reversible:
            return str(_("There is no way back: keep a backup."))
        return str(_("It brings a way back, which loses what is written into new columns: keep a backup all the same."))

    def lines(self) -> Iterator[str]:
        """All of it as text."""
        yield f"{self.plugin}: {self.before or '-'} -> {self.after}"
        yield from (_("asks for: %(what)s", what=one) for one in self.new_needs)
        yield from (_("migration %(name)s", name=one) for one in self.revisions)
        for touch in self.touches:
            yield f"{touch.table} ({_('%(count)s rows', count=f'{touch.rows:,}')}): {touch.what}. {touch.lock}"
        yield from self.unforeseen
        for one in self.pins:
            yield _("%(tenant)s stays with %(pin)s: it could only read.", tenant=one.slug, pin=one.spec)
        if self.revisions:
            yield self.way_back


def look_ahead(settings: Settings, plugin: str) -> Preflight:
    """What the installed version of a plugin would change. Raises LookupError for one that cannot be loaded; the
    message says why (a core it is not made for, for example)."""
    known = registry()
    manifest = known.plugin(plugin)
    if manifest is None:
        raise LookupError(known.quarantined.get(plugin) or _("No plugin of this name is installed."))
    with platform_session("installed plugins are of no tenant") as session:
        row = session.get(InstalledPlugin, plugin)
        before = row.version if row is not None else ""
    waiting, fault = _pending(settings, plugin)
    roles = ddl.RoleNames.of(settings.role_prefix)
    touches, unforeseen = _read(waiting, roles)
    missing = asked_of_operator().get(plugin, ())
    return Preflight(
        plugin,
        before,
        manifest.version,
        tuple(f"{one.revision} {one.doc or ''}".strip() for one in waiting),
        tuple(touches),
        tuple(need_words(one) for one in missing),
        all(_is_reversible(one, roles) for one in waiting),
        tuple(unforeseen),
        fault or (_("It asks for something new, which must be accepted first.") if missing else ""),
        tuple(broken_by(plugin, manifest.version)),
    )


def look_back(settings: Settings, history: History, to: str) -> tuple[list[str], list[Touch]]:
    """The revisions that a downgrade would undo, the last one first, and the tables that this touches. Raises
    LookupError for a revision that is not behind it, BrokenHistory."""
    (position,) = current(settings, [history])
    known = line(history)
    if to != "base" and to not in known:
        raise LookupError(_("%(owner)s has no migration “%(name)s”.", owner=history.owner, name=to))
    if position.here not in known or (to != "base" and known.index(to) >= known.index(position.here)):
        raise LookupError(_("It is at “%(here)s”: there is nothing to undo.", here=position.here or "base"))
    undone = scripts(history, position.here, to)
    touches, _unforeseen = _read(undone, ddl.RoleNames.of(settings.role_prefix), "downgrade")
    return [f"{one.revision} {one.doc or ''}".strip() for one in undone], touches


def history_of(plugin: str) -> History | None:
    """The migrations of an installed plugin; None when it has none."""
    return next((one for one in registry().histories() if one.owner == plugin), None)


def _pending(settings: Settings, plugin: str) -> tuple[list[Script], str]:
    """The revisions that have not run, the first one first; and why they cannot be read."""
    history = history_of(plugin)
    if history is None:
        return [], ""
    (position,) = current(settings, [history])
    if not (position.is_behind and position.newest):
        return [], ""
    try:
        return scripts(history, position.newest, position.here or "base")[::-1], ""
    except BrokenHistory as broken:
        return [], str(broken)


def _written(run: Any, roles: ddl.RoleNames) -> list[str]:
    """The statements that a migration would send."""
    out = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": out, "roles": roles}
    )
    with Operations.context(context):
        run()
    return [one.strip() for one in out.getvalue().split(";\n") if one.strip()]


def _read(revisions: list[Script], roles: ddl.RoleNames, way: str = "upgrade") -> tuple[list[Touch], list[str]]:
    touches, unforeseen, made = [], [], set()
    for script in revisions:
        try:
            statements = _written(getattr(script.module, way), roles)
        except Exception as error:
            words = _("What %(name)s does depends on what it reads: %(error)s", name=script.revision, error=error)
            unforeseen.append(str(words))
            continue
        for statement in statements:
            made |= set(re.findall(r'^CREATE TABLE ([\w."]+)', statement))
            found = _TOUCHES.match(statement)
            if found is not None and found[2] not in made:
                touches.append(_touch(found[1].upper(), found[2].replace('"', ""), found[3]))
    return touches, unforeseen


def _touch(verb: str, table: str, rest: str) -> Touch:
    rows, words = _rows(table), " ".join(rest.upper().split())
    everybody = _("Nobody reads or writes the table for %(time)s.")
    writers = _("Nobody writes to the table for %(time)s.")
    moment = everybody % {"time": _("a moment")}
    if verb == "ALTER TABLE":
        what = _what_is_altered(rest)
        if rows and "ADD COLUMN" in words and "NOT NULL" in words and not _has_value(words):
            return Touch(table, rows, what, _("It will fail, because the rows that are there have no value for it."))
        if " TYPE " in f" {words} " or "GENERATED ALWAYS" in words or "GEN_RANDOM" in words:
            return Touch(table, rows, what, everybody % {"time": _time(rows / REWRITTEN)})
        if "SET NOT NULL" in words:
            return Touch(table, rows, what, everybody % {"time": _time(rows / SCANNED)})
        if ("FOREIGN KEY" in words or " CHECK " in words) and "NOT VALID" not in words:
            return Touch(table, rows, what, writers % {"time": _time(rows / SCANNED)})
        return Touch(table, rows, what, moment)
    if verb.startswith("CREATE"):
        what = _("an index is built")
        if "CONCURRENTLY" in verb:
            return Touch(table, rows, what, _("Nobody waits."))
        return Touch(table, rows, what, writers % {"time": _time(rows / INDEXED)})
    if verb in ("DROP TABLE", "TRUNCATE"):
        return Touch(table, rows, _("its rows are removed for good"), moment)
    rewritten = _("Rows that are changed cannot be changed by others for %(time)s.", time=_time(rows / REWRITTEN))
    return Touch(table, rows, _("rows are written"), rewritten)


def _has_value(words: str) -> bool:
    return any(one in words for one in (" DEFAULT ", "GENERATED ", "SERIAL"))


def _what_is_altered(rest: str) -> str:
    return " ".join(rest.split())[:120].lower()


def _time(seconds: float) -> str:
    if seconds < 0.5:
        return str(_("a moment"))
    if seconds < 90:
        return str(_("about %(count)s seconds", count=max(1, round(seconds))))
    return str(_("about %(count)s minutes", count=round(seconds / 60)))


def _rows(table: str) -> int:
    """How many rows there are: counted in small tables, from the statistics in large ones."""
    name = table if "." in table else f"public.{table}"
    with platform_session("a migration touches rows of every tenant") as session:
        guess = session.scalar(
            text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:name)"), {"name": name}
        )
        if guess is None or guess > EXACT:
            return int(guess or 0)
        return int(session.scalar(text(f"SELECT count(*) FROM {name}")) or 0)


def _is_reversible(script: Script, roles: ddl.RoleNames) -> bool:
    try:
        return bool(_written(script.module.downgrade, roles))
    except Exception:
        return False
