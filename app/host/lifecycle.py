"""A plugin's life in one tenant: off, on, read-only, archived. One way to switch, for screen, REST and command.

    switch(tenant, "garage", "on")

Switching off keeps every record; the gate hides them, the workers leave its jobs. Only `purge` (see `app.lifecycle`)
removes anything.
"""

from __future__ import annotations

import logging
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import inspect, select

from app.data import current_scope, current_tenant_id, db, utcnow
from app.host import Registry, registry
from app.host.accepted import asked_of_operator
from app.host.at_work import working
from app.host.budget import Budget, TooSlow
from app.host.declarations import FieldError, Plugin
from app.host.faults import note_fault
from app.host.made import noting
from app.identity.acting import find_acting
from app.identity.locale import listed
from app.tenancy.models import Tenant, TenantPlugin

log = logging.getLogger(__name__)
TURN = 30.0
"""Seconds for a hook that is told of a turn."""
ALIVE = frozenset({"on", "read_only"})


def switch(tenant: Tenant, plugin: str, state: str) -> None:
    """Put a plugin of the tenant in force into a state. Flushes; the edge commits. Raises FieldError."""
    row = db.session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key == plugin)).one_or_none()
    is_new = row is None
    if row is None:
        manifest = registry().plugin(plugin)
        if state == "off" and manifest is not None and not manifest.core:
            return  # it never was on
        row = TenantPlugin(plugin_key=plugin)
    row.state = state
    check_switch(row, is_new)
    db.session.add(row)
    db.session.flush()


def check_switch(row: Any, is_new: bool) -> None:
    """Before a `TenantPlugin` is saved: may it be in its state, and what has its plugin to say? Raises FieldError."""
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
    if row.state in ALIVE and before not in ALIVE:
        _check_it_may_start(known, manifest)
    if row.state not in ALIVE and before in ALIVE:
        _check_nothing_needs_it(known, manifest)
    if row.state == "on":
        row.enabled_at, row.enabled_by = utcnow(), current_scope().actor_id
        _tell(known, "enabled", manifest)
    elif row.state not in ALIVE and before in ALIVE:
        _tell(known, "disabled", manifest)


def states_here() -> dict[str, str]:
    """The state of every plugin that the tenant in force has ever had on."""
    return dict(db.session.execute(select(TenantPlugin.plugin_key, TenantPlugin.state)).all())


def _before(row: Any) -> str:
    replaced = inspect(row).attrs.state.history.deleted
    return str(replaced[0]) if replaced else str(row.state)


def _check_it_may_start(known: Registry, manifest: Plugin) -> None:
    states = states_here()
    missing = [name for name in manifest.requires if name not in known.always_on and states.get(name) not in ALIVE]
    if missing:
        words = _("%(plugin)s needs %(others)s: switch that on first.", plugin=manifest.title, others=_titles(missing))
        raise FieldError("state", words)
    refused = refusals_here().get(manifest.name)
    if refused:
        raise FieldError("state", refused)


def refusals_here() -> dict[str, str]:
    """Why plugins cannot be switched on for the tenant in force, by plugin, in words: the operator has not accepted
    what they ask for, or the plan does not have them. The one answer for page, REST, command and new tenants."""
    known = registry()
    tenant = find_acting(None, current_tenant_id()).tenant if known.asks_entitlement else None
    of_plan = known.refusals(tenant) if tenant is not None else {}
    waits = _("The operator of the platform has not accepted yet what it asks for; until then it does not work.")
    waiting = asked_of_operator() if known.needs else ()
    return of_plan | dict.fromkeys(waiting, str(waits))


def _check_nothing_needs_it(known: Registry, manifest: Plugin) -> None:
    states = states_here()
    needing = [one.name for one in known.plugins if manifest.name in one.requires and states.get(one.name) in ALIVE]
    if needing:
        words = _("%(others)s needs %(plugin)s: switch that off first.", others=_titles(needing), plugin=manifest.title)
        raise FieldError("state", words)


def _titles(names: list[str]) -> str:
    found = (registry().plugin(name) for name in names)
    return listed(str(one.title) if one is not None else name for one, name in zip(found, names, strict=True))


def _tell(known: Registry, hook: str, manifest: Plugin) -> None:
    """Call the plugin's hook. What it refuses in words is said; what breaks in it is written down, and refused too."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    try:
        in_their_words = force_locale(tenant.locale)  # what it writes is the tenant's, whoever switches
        with in_their_words, working(manifest.name), noting(db.session(), manifest.name), Budget(TURN):
            known.call(hook, manifest.name, tenant=tenant)
    except ValueError as refusal:
        raise FieldError("state", str(refusal)) from refusal
    except Exception as error:
        log.exception("the hook %s of %s failed", hook, manifest.name)
        note_fault(manifest.name, hook, error, cut_off=isinstance(error, TooSlow), skip=False)
        words = _("%(plugin)s could not be switched: an error in it was noted.", plugin=manifest.title)
        raise FieldError("state", words) from error
