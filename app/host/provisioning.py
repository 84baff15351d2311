"""A new tenant, ready for work: in the directory, with its default plugins switched on."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale

from app.data import Scope, db, scope, utcnow
from app.host import registry
from app.tenancy.models import Tenant, TenantPlugin
from app.tenancy.services import create_tenant


def provision_tenant(slug: str, name: str, **settings: Any) -> Tenant:
    """Create a tenant and switch on the plugins that are on by default. Raises ValueError for a slug it cannot have."""
    tenant = create_tenant(slug, name, **settings)
    with scope(Scope(tenant.id, via="system")):
        for plugin in registry().plugins:
            if plugin.default_on:
                switch_on(tenant, plugin.name)
        db.session.commit()
    return tenant


def switch_on(tenant: Tenant, plugin: str) -> None:
    """Switch a plugin on for the tenant in force, and let it write what it starts with, in the tenant's language.
    Flushes; the edge commits."""
    db.session.add(TenantPlugin(plugin_key=plugin, state="on", enabled_at=utcnow()))
    db.session.flush()
    with force_locale(tenant.locale):
        registry().call("enabled", plugin, tenant=tenant)
