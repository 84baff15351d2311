"""Webhooks: events that leave for a tenant's own systems, and messages of other systems that come in for plugins."""

from __future__ import annotations

from app.webhooks.routing import new_address, release_account, route_account

__all__ = ["new_address", "release_account", "route_account"]
