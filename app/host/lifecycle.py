"""A plugin's life in one tenant: off, on, read-only, archived. One way to switch, for screen, REST and command.

    switch(tenant, "garage", "on")

Switching off keeps every record; the gate hides them, the workers leave its jobs. Only `purge` removes anything.
Bridges (`app.host.bridging`) are switched with what they join.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import inspect, select

from app.data import current_scope, current_tenant_id, db, utcnow
from app.data.positions import waiting_plugins
from app.features.gate import out_of_order_words
from app.features.pins import isolated
from app.host import Registry, registry
from app.host.accepted import asked_of_operator, stopped_plugins
from app.host.at_work import working
from app.host.bridging import Settling, standing_on
from app.host.budget import Budget, TooSlow
from app.host.declarations import FieldError, Plugin
from app.host.faults import note_fault
from app.host.made import noting
from app.host.versions import ALIVE, TURN, make_step, pin_of
from app.identity.acting import find_acting
from app.identity.locale import listed
from app.tenancy.models import Tenant, TenantPlugin

log = logging.getLogger(__name__)


def switch(tenant: Tenant, plugin: str, state: str) -> None:
    """Put a plugin of the tenant in force into a state, by hand. Flushes; the edge commits. Raises FieldError."""
    lock_switches()
    row = db.session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key == plugin)).one_or_none()
    is_new = row is None
    if row is None:
        manifest = registry().plugin(plugin)
        if state == "off" and manifest is not None and not manifest.core and not manifest.bridge:
            return  # it never was on
        row = TenantPlugin(plugin_key=plugin)
    row.state = state
    check_switch(row, is_new)
    _decide_by_hand(row)
    db.session.add(row)
    db.session.flush()


def check_switch(row: Any, is_new: bool) -> None:
    """Before a `TenantPlugin` is saved: may it be in its state, and what has its plugin to say? The bridges that stand
    on it go along. Raises FieldError."""
    known = registry()
    manifest = known.plugin(row.plugin_key or "")
    if manifest is None and not is_new and row.state not in ALIVE:
        return  # it is gone, or left out: there is nobody to tell
    if manifest is None or manifest.core:
        names = ", ".join(plugin.name for plugin in known.plugins if not plugin.core) or _("none")
        raise FieldError("plugin_key", _("No plugin of this name is installed. Installed: %(names)s.", names=names))
    before = "off" if is_new else _before(row)
    if before == row.state:
        return
    lock_switches()
    states = states_here()
    if row.state in ALIVE:
        _check_it_is_in_order(manifest, starts=before not in ALIVE)
        _check_it_may_start(known, manifest, row, states, starts=before not in ALIVE)
    elif before in ALIVE:
        _check_nothing_needs_it(known, manifest, states)
    row.along_with = None
    _decide_by_hand(row)
    settling = _settling(known, {**states, manifest.name: row.state}, manifest.name)
    settling.down()
    if row.state in ALIVE and before not in ALIVE:
        _catch_up(row, manifest)
    if row.state == "on":
        row.enabled_at, row.enabled_by = utcnow(), current_scope().actor_id
        _tell(known, "enabled", manifest)
    elif row.state not in ALIVE and before in ALIVE:
        _tell(known, "disabled", manifest)
    settling.up()


def lock_switches() -> None:
    """Who switches a plugin of a tenant waits for others who do: a bridge must see both its sides."""
    db.session.execute(select(Tenant.id).where(Tenant.id == current_tenant_id()).with_for_update())


def settle_bridges() -> list[str]:
    """Put the bridges of the tenant in force where they belong: one is new, or could not come on before. Flushes.
    Returns those that could not come on."""
    lock_switches()
    settling = _settling(registry(), states_here(), None)
    settling.down()
    settling.up()
    return settling.failed


def let_it_follow(plugin: str) -> None:
    """Forget what was decided by hand about a bridge: its sides switch it again. Flushes."""
    lock_switches()
    row = db.session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key == plugin)).one_or_none()
    if row is not None:
        row.by_hand = None
        db.session.flush()
    settle_bridges()


def _settling(known: Registry, states: dict[str, str], cause: str | None) -> Settling:
    def tell(hook: str, manifest: Plugin, row: Any) -> None:
        if hook == "upgrading":
            _catch_up(row, manifest)
        else:
            _tell(known, hook, manifest)

    return Settling(known, states, tell, lambda: {*refusals_here(), *stopped_plugins()}, cause)


def _decide_by_hand(row: Any) -> None:
    """What is said of a bridge by hand is remembered, until it is switched on by hand. An archive is the operator's."""
    manifest = registry().plugin(row.plugin_key)
    if manifest is not None and manifest.bridge and row.state != "archived":
        row.by_hand = None if row.state == "on" else row.state


def _catch_up(row: Any, manifest: Plugin) -> None:
    """The versions that came while it was off are told before it is on again."""
    _guarded(manifest, "upgrading", lambda: make_step(row, manifest, ""))


def states_here() -> dict[str, str]:
    """The state of every plugin that the tenant in force has ever had on."""
    return dict(db.session.execute(select(TenantPlugin.plugin_key, TenantPlugin.state)).all())


def rows_here() -> dict[str, TenantPlugin]:
    """All that is kept of the tenant's in force plugins, by plugin."""
    return {row.plugin_key: row for row in db.session.scalars(select(TenantPlugin))}


def _before(row: Any) -> str:
    replaced = inspect(row).attrs.state.history.deleted
    return str(replaced[0]) if replaced else str(row.state)


def _check_it_is_in_order(manifest: Plugin, *, starts: bool) -> None:
    """Raises FieldError. Asked under the lock: who stops a plugin waits for switches that are under way."""
    if manifest.name in waiting_plugins():
        raise FieldError("plugin_key", _("Its tables are behind its code: the operator runs its migrations first."))
    if starts and manifest.name in stopped_plugins():
        raise FieldError("plugin_key", out_of_order_words(str(manifest.title)))


def _check_it_may_start(known: Registry, manifest: Plugin, row: Any, states: dict[str, str], *, starts: bool) -> None:
    """Raises FieldError; `starts` says that it was off before, and is not just between reading and writing."""
    sides = [name for name in manifest.requires if name not in known.always_on]
    missing = [name for name in sides if states.get(name) not in ALIVE]
    if missing and starts:
        words = _("%(plugin)s needs %(others)s: switch that on first.", plugin=manifest.title, others=_titles(missing))
        raise FieldError("state", words)
    only_read = [name for name in sides if states.get(name) == "read_only"]
    if manifest.bridge and row.state == "on" and only_read:
        words = _("%(others)s may only be read, and so may %(plugin)s, which stands on it.", plugin=manifest.title,
                  others=_titles(only_read))  # fmt: skip
        raise FieldError("state", words)
    if not starts:
        return
    refused = refusals_here().get(manifest.name)
    if refused:
        raise FieldError("state", refused)
    if pin_of(row).refuses(manifest.version):
        words = _("You stay with version %(pin)s of it, and version %(version)s is installed: end that first.",
                  pin=isolated(row.pin), version=isolated(manifest.version))  # fmt: skip
        raise FieldError("state", words)


def refusals_here() -> dict[str, str]:
    """Why plugins cannot be switched on for the tenant in force, by plugin, in words: the operator has not accepted
    what they ask for, or the plan does not have them. The one answer for page, REST, command and new tenants."""
    known = registry()
    tenant = find_acting(None, current_tenant_id()).tenant if known.asks_entitlement else None
    of_plan = known.refusals(tenant) if tenant is not None else {}
    waits = _("The operator of the platform has not accepted yet what it asks for; until then it does not work.")
    waiting = asked_of_operator() if known.needs else ()
    return of_plan | dict.fromkeys(waiting, str(waits))


def _check_nothing_needs_it(known: Registry, manifest: Plugin, states: dict[str, str]) -> None:
    """Bridges go off with what they join; what else needs it, or such a bridge, does not. Raises FieldError."""
    going = {manifest.name, *standing_on(known, manifest.name)}
    needing = [
        one.name
        for one in known.plugins
        if going.intersection(one.requires) and one.name not in going and states.get(one.name) in ALIVE
    ]
    if needing:
        words = _("%(others)s needs %(plugin)s: switch that off first.", others=_titles(needing), plugin=manifest.title)
        raise FieldError("state", words)


def _titles(names: list[str]) -> str:
    found = (registry().plugin(name) for name in names)
    return listed(str(one.title) if one is not None else name for one, name in zip(found, names, strict=True))


def _tell(known: Registry, hook: str, manifest: Plugin) -> None:
    """Call the plugin's hook. What it refuses in words is said; what breaks in it is written down, and refused too."""
    tenant = db.session.get_one(Tenant, current_tenant_id())

    def call() -> None:
        in_their_words = force_locale(tenant.locale)  # what it writes is the tenant's, whoever switches
        with in_their_words, working(manifest.name), noting(db.session(), manifest.name), Budget(TURN):
            known.call(hook, manifest.name, tenant=tenant)

    _guarded(manifest, hook, call)


def _guarded(manifest: Plugin, hook: str, call: Callable[[], None]) -> None:
    try:
        call()
    except ValueError as refusal:
        raise FieldError("state", str(refusal)) from refusal
    except Exception as error:
        log.exception("the hook %s of %s failed", hook, manifest.name)
        note_fault(manifest.name, hook, error, cut_off=isinstance(error, TooSlow), skip=False)
        words = _("%(plugin)s could not be switched: an error in it was noted.", plugin=manifest.title)
        raise FieldError("state", words) from error
