"""Switching plugins on and off for a tenant."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect

from app.data import db, utcnow
from app.data.scope import current_scope, current_tenant_id
from app.host import FieldError, registry
from app.tenancy.models import Tenant


def check_plugin(row: Any, is_new: bool) -> None:
    """Only an installed plugin can be switched; what it needs must be on, and what needs it off. Calls its
    `enabled` hook."""
    known = registry()
    manifest = known.plugin(row.plugin_key or "")
    if manifest is None or manifest.core:
        names = ", ".join(plugin.name for plugin in known.plugins if not plugin.core) or _("none")
        raise FieldError("plugin_key", _("No plugin of this name is installed. Installed: %(names)s.", names=names))
    if row.state == "on" and (is_new or inspect(row).attrs.state.history.has_changes()):
        row.enabled_at, row.enabled_by = utcnow(), current_scope().actor_id
        tenant = db.session.get_one(Tenant, current_tenant_id())
        known.call("enabled", manifest.name, tenant=tenant)
