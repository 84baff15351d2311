"""A tenant leaves: its plugins are told, and its doors close. Its records stay until somebody removes them."""

from __future__ import annotations

from app.audit import note
from app.data import Scope, db, platform_session, scope, utcnow
from app.host import registry
from app.host.lifecycle import states_here
from app.host.versions import ALIVE
from app.installation.farewell import tell
from app.tenancy.models import Tenant


def close_tenant(tenant: Tenant) -> list[str]:
    """Tell every plugin that is on, each in a transaction of its own, then let nobody in any more.

    Returns the plugins that failed at it: what they hold elsewhere has to be looked after by hand.
    """
    failed = []
    with scope(Scope(tenant.id, via="cli")):
        states = states_here()
        for plugin in registry().plugins:
            if plugin.core or states.get(plugin.name) in ALIVE:
                failed += [plugin.name] if tell(plugin.name, "tenant_closed") else []
        note("console.tenant_closed", details={"failed": failed})
        db.session.commit()
    with platform_session("the tenant directory belongs to no tenant") as session:
        row = session.get_one(Tenant, tenant.id)
        row.status, row.deleted_at = "offboarding", utcnow()
    return failed
