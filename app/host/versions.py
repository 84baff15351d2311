"""A plugin's version in one tenant: the one it worked with last, and the step from there to the installed one.

A step is one transaction: the hook `upgrading` and the note of the new version stand or fall together, so it is made
once, and what fails is made again later from the same version.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from flask_babel import force_locale
from sqlalchemy import select

from app.data import Scope, current_tenant_id, db, platform_session, scope
from app.features.pins import Pin
from app.host import Plugin, registry
from app.host.at_work import working
from app.host.budget import Budget, TooSlow
from app.host.faults import note_fault
from app.host.made import noting
from app.host.models import InstalledPlugin
from app.tenancy.models import Tenant, TenantPlugin

log = logging.getLogger(__name__)
TURN = 30.0
"""Seconds for a hook that is told of a turn."""
ALIVE = frozenset({"on", "read_only"})


def pin_of(row: TenantPlugin) -> Pin:
    """What a tenant said of a plugin, as the gate reads it."""
    return Pin(row.pin or "", row.pin_until, row.held, row.plugin_version or "")


def row_here(plugin: str) -> TenantPlugin | None:
    """The tenant's in force row of a plugin, locked, so that two who make a step make one."""
    wanted = select(TenantPlugin).where(TenantPlugin.plugin_key == plugin).with_for_update()
    return db.session.scalars(wanted, execution_options={"populate_existing": True}).one_or_none()


def make_step(row: TenantPlugin, manifest: Plugin, before: str) -> None:
    """Tell the plugin of the tenant's step to the installed version, from the one it worked with last (`before` where
    nobody knows). Flushes. Raises what the hook raises."""
    came_from = row.plugin_version or before
    if came_from and came_from != manifest.version:
        tenant = db.session.get_one(Tenant, current_tenant_id())
        with force_locale(tenant.locale), working(manifest.name), noting(db.session(), manifest.name), Budget(TURN):
            registry().call("upgrading", manifest.name, tenant=tenant, before=came_from, after=manifest.version)
    row.plugin_version, row.held = manifest.version, False
    db.session.flush()


def bring(tenant_id: UUID, plugin: str, before: str) -> bool:
    """Make the step in a tenant, in a transaction of its own. False, and noted, when it failed."""
    manifest = registry().plugin(plugin)

    def step() -> None:
        row = row_here(plugin)
        if row is not None and manifest is not None:
            make_step(row, manifest, before)

    return attempted(tenant_id, plugin, step)


def attempted(tenant_id: UUID, plugin: str, step: Callable[[], object]) -> bool:
    """Do something for a plugin's version in a tenant, in a transaction of its own. False, and noted, when it fails."""
    with scope(Scope(tenant_id, via="system")):
        try:
            step()
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            note_failed_step(plugin, error)
            return False
    return True


def note_failed_step(plugin: str, error: Exception) -> None:
    """For the operator: it is tried again later."""
    log.error("the hook upgrading of %s failed", plugin, exc_info=error)
    note_fault(plugin, "upgrading", error, cut_off=isinstance(error, TooSlow), skip=False)


def hold(tenant_id: UUID, plugin: str, before: str) -> bool:
    """Keep a tenant where its pin keeps it: it goes on from the version it has now once it may. Whether it was not
    held before."""
    with scope(Scope(tenant_id, via="system")):
        row = row_here(plugin)
        is_new = row is not None and not row.held
        if row is not None:
            row.plugin_version, row.held = row.plugin_version or before, True
        db.session.commit()
    return is_new


def catch_up(plugin: str) -> bool:
    """Make the step of the tenant in force that a pin held back, if nothing keeps it any more. Flushes. False when
    nothing was to be done. Raises what the hook raises."""
    manifest, row = registry().plugin(plugin), row_here(plugin)
    if manifest is None or row is None or not row.held or row.state not in ALIVE:
        return False
    if pin_of(row).refuses(manifest.version) or _is_tried_by_others(plugin):
        return False
    make_step(row, manifest, "")
    return True


def _is_tried_by_others(plugin: str) -> bool:
    with platform_session("installed plugins are of no tenant") as session:
        row = session.get(InstalledPlugin, plugin)
        return row is not None and (
            row.stopped is not None or (bool(row.trying) and current_tenant_id() not in (row.canary or ()))
        )
