"""Versions of plugins: noticed by `tenantry sync`, told to the plugin in every tenant that has it on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.data import Scope, db, platform_session, scope, utcnow
from app.host import registry
from app.host.accepted import asked_of_operator
from app.host.at_work import working
from app.host.budget import Budget, TooSlow
from app.host.faults import note_fault
from app.host.lifecycle import ALIVE, TURN
from app.host.made import noting
from app.host.models import InstalledPlugin
from app.tenancy.models import Tenant, TenantPlugin

log = logging.getLogger(__name__)


def note_versions(say: Callable[[str], None]) -> None:
    """Write down what is installed. Where a version changed, call `upgrading` in each tenant, a transaction each.

    The new version is written down once all tenants went through, so one that failed is tried again by the next sync.
    """
    with platform_session("installed plugins are of no tenant") as session:
        known = dict(session.execute(select(InstalledPlugin.name, InstalledPlugin.version)).all())
        tried = set(session.scalars(select(InstalledPlugin.name).where(InstalledPlugin.trying.is_not(None))))
    for plugin in registry().plugins:
        before = known.get(plugin.name)
        if before is None:
            with platform_session("installed plugins are of no tenant") as session:
                first = insert(InstalledPlugin).values(name=plugin.name, version=plugin.version)
                session.execute(first.on_conflict_do_nothing())
        elif plugin.name in tried:
            say(f"{plugin.name} is being tried by some tenants: see “tenantry plugin upgrade {plugin.name}”.")
        elif before != plugin.version:
            _upgrade(plugin.name, before, plugin.version, say)
    for name in asked_of_operator():
        if name not in known or tenants_with(name):
            say(f"{name} asks for something and waits: read it with “tenantry plugin approve {name}”.")


def _upgrade(plugin: str, before: str, after: str, say: Callable[[str], None]) -> None:
    failed = [slug for key, slug in tenants_with(plugin) if not upgraded(key, plugin, before, after)]
    if failed:
        say(f"{plugin}: the step from {before} to {after} failed for {', '.join(failed)}; the next sync tries again.")
        return
    with platform_session("installed plugins are of no tenant") as session:
        row = session.get_one(InstalledPlugin, plugin)
        row.version, row.upgraded_at = after, utcnow()
    say(f"{plugin}: {before} -> {after}")


def tenants_with(plugin: str) -> list[tuple[UUID, str]]:
    with platform_session("installed plugins are of no tenant") as session:
        on = select(TenantPlugin.tenant_id).where(TenantPlugin.plugin_key == plugin, TenantPlugin.state.in_(ALIVE))
        found = session.execute(select(Tenant.id, Tenant.slug).where(Tenant.id.in_(on)).order_by(Tenant.slug))
        return [(key, slug) for key, slug in found]


def upgraded(tenant_id: UUID, plugin: str, before: str, after: str) -> bool:
    with scope(Scope(tenant_id, via="system")):
        try:
            tenant = db.session.get_one(Tenant, tenant_id)
            with working(plugin), noting(db.session(), plugin), Budget(TURN):
                registry().call("upgrading", plugin, tenant=tenant, before=before, after=after)
            db.session.commit()
        except Exception as error:
            log.exception("the hook upgrading of %s failed", plugin)
            db.session.rollback()
            note_fault(plugin, "upgrading", error, cut_off=isinstance(error, TooSlow), skip=False)
            return False
    return True
