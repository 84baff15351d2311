"""How every plugin of the installation stands: for the operator's screen and `tenantry plugin list`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, text

from app.data import platform_session
from app.data.owners import CORE
from app.data.positions import waiting_plugins
from app.host import registry
from app.host.accepted import stopped_plugins
from app.host.models import InstalledPlugin
from app.host.needs import Needs
from app.installation.pins import Pinned, all_pins
from app.ops.migrations import Position, current
from app.tenancy.models import PLUGIN_STATES, TenantPlugin
from config import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """One plugin: installed, left out with a reason, or gone and not purged."""

    name: str
    title: str
    version: str
    is_core: bool
    state: str
    """`works`, `waits` for the operator's yes, `behind` its migrations, `quarantined` (left out, see `reason`),
    `stopped` by its migration, `idle` (a bridge without all that it joins), or `gone`: not installed now."""
    reason: str = ""
    migrations: str = ""
    tenants: Mapping[str, int] = field(default_factory=dict)
    """Tenants by state."""
    errors: int = 0
    last_error: str = ""
    stuck_jobs: int = 0
    dead_handlers: int = 0
    skipped_hooks: int = 0
    """Hooks that failed too often and are called no more, each counted once a tenant."""
    joins: tuple[str, ...] = ()
    """Of a bridge, the plugins it joins."""
    pins: tuple[Pinned, ...] = ()
    """Tenants that stay with a version of it, or wait for theirs."""
    may_pin: bool = False
    """Whether admins of tenants may decide this themselves."""
    trying: str = ""
    """The version that some tenants try, while the others may only read."""

    @property
    def remark(self) -> str:
        """What is wrong, for a line of text."""
        found = [self.reason] if self.reason else []
        tried = f"{self.trying} is being tried by some tenants, the others may only read"
        found += [f"{tried}: see “tenantry plugin upgrade {self.name}”"] if self.trying else []
        found += [f"{self.errors} errors, last: {self.last_error}"] if self.errors else []
        found += [f"{self.stuck_jobs} jobs failed"] if self.stuck_jobs else []
        found += [f"{self.dead_handlers} handlers gave up"] if self.dead_handlers else []
        found += [f"{self.skipped_hooks} hooks are called no more"] if self.skipped_hooks else []
        found += [f"joins {', '.join(self.joins)}"] if self.joins else []
        found += [one.words for one in self.pins[:SHOWN]]
        found += [f"and {len(self.pins) - SHOWN} more"] if len(self.pins) > SHOWN else []
        return "".join(f"\n    {words}" for words in (*found, *([_("not installed any more")] if self.is_gone else [])))

    @property
    def tenants_in_words(self) -> list[tuple[str, int]]:
        """How many tenants have it in which state."""
        words = {one.value: one.words for one in PLUGIN_STATES}
        return [(words.get(state, state), count) for state, count in self.tenants.items()]

    @property
    def badge(self) -> tuple[str, str]:
        """The state in the operator's words, and the colour of its badge."""
        return {
            "works": (_("Works"), "green"), "waits": (_("Waits for your yes"), "amber"),
            "behind": (_("Waits for its migrations"), "amber"),
            "stopped": (_("Stopped"), "red"), "quarantined": (_("Left out"), "red"),
            "idle": (_("Waits for what it joins"), "grey"),
            "gone": (_("Not installed any more"), "grey"),
        }[self.state]  # fmt: skip

    @property
    def is_gone(self) -> bool:
        return self.state == "gone"


SHOWN = 20
"""Pinned tenants that a list names one by one."""
_STUCK = text("""
    SELECT split_part(name, '.', 1), count(*) FROM job WHERE state IN ('failed', 'parked') GROUP BY 1""")
_SKIPPED = text("SELECT plugin_key, count(*) FROM hook_fault WHERE skipped_at IS NOT NULL GROUP BY 1")
_DEAD = text("SELECT split_part(handler, '.', 1), count(*) FROM event_handling WHERE state = 'dead' GROUP BY 1")


def status_of_all(settings: Settings) -> list[Status]:
    """The installed plugins in their order, then those that are left out, then those that are gone."""
    installed = registry()
    positions = {one.owner: one for one in current(settings, installed.histories())}
    with platform_session("plugins are of the whole installation") as session:
        known = {row.name: row for row in session.scalars(select(InstalledPlugin))}
        states: dict[str, dict[str, int]] = {}
        counted = select(TenantPlugin.plugin_key, TenantPlugin.state, func.count()).group_by(
            TenantPlugin.plugin_key, TenantPlugin.state
        )
        for name, state, count in session.execute(counted):
            states.setdefault(name, {})[state] = count
        stuck: dict[str, int] = dict(session.execute(_STUCK).all())  # type: ignore[arg-type]
        dead: dict[str, int] = dict(session.execute(_DEAD).all())  # type: ignore[arg-type]
        skipped: dict[str, int] = dict(session.execute(_SKIPPED).all())  # type: ignore[arg-type]
        session.expunge_all()
    pinned = all_pins()

    def status(name: str, title: str, version: str, state: str, reason: str = "", **more: Any) -> Status:
        row = known.get(name)
        return Status(
            name, title, version, state=state, reason=reason, tenants=states.get(name, {}),
            errors=row.errors if row else 0, last_error=(row.last_error or "") if row else "",
            stuck_jobs=stuck.get(name, 0), dead_handlers=dead.get(name, 0), skipped_hooks=skipped.get(name, 0),
            migrations=_position(positions.get(name)), may_pin=row is not None and row.may_pin,
            trying=(row.trying or "") if row else "", **more,
        )  # fmt: skip

    found = [
        status(
            one.name,
            str(one.title),
            one.version,
            *_works(known.get(one.name), one.needs, positions.get(one.name)),
            is_core=one.core,
            joins=installed.sides.get(one.name, ()),
            pins=pinned.get(one.name, ()),
        )
        for one in installed.plugins
    ]
    found += [
        status(name, name, _version(known, name), "idle", _not_here(lacking), is_core=False)
        for name, lacking in installed.idle.items()
    ]
    found += [
        status(name, name, _version(known, name), "quarantined", reason, is_core=False)
        for name, reason in installed.quarantined.items()
    ]
    gone = (known.keys() | states.keys()) - {one.name for one in found}
    return found + [status(name, name, _version(known, name), "gone", is_core=False) for name in sorted(gone)]


def _not_here(names: Sequence[str]) -> str:
    return str(_("A bridge: it comes on once these are installed: %(names)s.", names=", ".join(names)))


def _works(row: InstalledPlugin | None, needs: Needs, position: Position | None) -> tuple[str, str]:
    """State and reason of a plugin that could be loaded."""
    if row is not None and row.stopped:
        return "stopped", row.stopped
    if position is not None and position.is_behind:
        return "behind", _("Its code waits for its tables: closed until its migrations have run.")
    accepted = set(row.approved or ()) if row is not None else set()
    if not accepted.issuperset(needs.words()):
        return "waits", ""
    return "works", ""


def _version(known: Mapping[str, InstalledPlugin], name: str) -> str:
    return known[name].version if name in known else ""


def _position(position: Position | None) -> str:
    """Where the migrations stand; empty for a plugin without any."""
    if position is None:
        return ""
    return f"{position.here or '-'} -> {position.newest}" if position.is_behind else position.here


def plugins_out_of_order() -> dict[str, str]:
    """The plugins that do not work here, and in a word how they stand. A package that was only put there, or was
    purged, has no tables and is none of them."""
    late = {name: "behind" for name, here in waiting_plugins().items() if here and name != CORE}
    return {**late, **dict.fromkeys(registry().quarantined, "left out"), **dict.fromkeys(stopped_plugins(), "stopped")}
