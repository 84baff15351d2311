"""A tenant leaves: its plugins are told, and its doors close. Its records stay until somebody removes them."""

from __future__ import annotations

import logging

from app.audit import note
from app.data import Scope, db, platform_session, scope, utcnow
from app.host import registry
from app.host.at_work import working
from app.host.budget import Budget, TooSlow
from app.host.faults import note_fault
from app.host.lifecycle import states_here
from app.host.versions import ALIVE, TURN
from app.tenancy.models import Tenant

log = logging.getLogger(__name__)


def close_tenant(tenant: Tenant) -> list[str]:
    """Tell every plugin that is on, each in a transaction of its own, then let nobody in any more.

    Returns the plugins that failed at it: what they hold elsewhere has to be looked after by hand.
    """
    failed = []
    with scope(Scope(tenant.id, via="cli")):
        states = states_here()
        for plugin in registry().plugins:
            if plugin.core or states.get(plugin.name) in ALIVE:
                failed += [] if _told(plugin.name, tenant) else [plugin.name]
        note("console.tenant_closed", details={"failed": failed})
        db.session.commit()
    with platform_session("the tenant directory belongs to no tenant") as session:
        row = session.get_one(Tenant, tenant.id)
        row.status, row.deleted_at = "offboarding", utcnow()
    return failed


def _told(plugin: str, tenant: Tenant) -> bool:
    try:
        with working(plugin), Budget(TURN):
            registry().call("tenant_closed", plugin, tenant=db.session.get_one(Tenant, tenant.id))
        db.session.commit()
    except Exception as error:
        log.exception("the hook tenant_closed of %s failed", plugin)
        db.session.rollback()
        note_fault(plugin, "tenant_closed", error, cut_off=isinstance(error, TooSlow), skip=False)
        return False
    return True
