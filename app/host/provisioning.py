"""A new tenant, ready for work: in the directory, with its default plugins switched on."""

from __future__ import annotations

from typing import Any

from app.data import Scope, db, scope
from app.host import FieldError, registry
from app.host.bridging import go_on_after
from app.host.lifecycle import refusals_here, switch
from app.tenancy.models import Tenant
from app.tenancy.services import create_tenant


def provision_tenant(slug: str, name: str, **settings: Any) -> Tenant:
    """Create a tenant and switch on the plugins that are on by default, but for those that it may not have yet, or that
    cannot be switched on now. Raises ValueError for a slug it cannot have."""
    tenant = create_tenant(slug, name, **settings)
    with scope(Scope(tenant.id, via="system")):
        refused = refusals_here()
        for plugin in registry().plugins:
            if plugin.default_on and plugin.name not in refused:
                _switch_on(tenant, plugin.name)
        db.session.commit()
    return tenant


def _switch_on(tenant: Tenant, plugin: str) -> None:
    """One that is out of order, or breaks, keeps no tenant from being there."""
    try:
        with db.session.begin_nested():
            switch(tenant, plugin, "on")
    except FieldError as error:
        go_on_after(error)
