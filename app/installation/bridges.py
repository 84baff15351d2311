"""Bridges over the whole installation: a new one is brought on where all that it joins is on, tenant by tenant."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from app.data import Scope, db, platform_session, scope
from app.host import FieldError, registry
from app.host.bridging import wanted
from app.host.lifecycle import settle_bridges
from app.tenancy.models import Tenant, TenantPlugin

log = logging.getLogger(__name__)


def bring_bridges(say: Callable[[str], None]) -> None:
    """Put bridges where they belong, in each tenant where one does not; what fails in one holds no other."""
    for tenant, slug in _tenants_out_of_step():
        with scope(Scope(tenant, via="system")):
            try:
                failed = settle_bridges()
                db.session.commit()
            except FieldError as error:
                db.session.rollback()
                failed = [error.message]
            except Exception:
                log.exception("bridges could not be brought where they belong in %s", slug)
                db.session.rollback()
                failed = ["an error"]
        if failed:
            say(f"{slug}: bridges that could not come on: {', '.join(failed)}; the next sync tries again.")


def _tenants_out_of_step() -> list[tuple[UUID, str]]:
    known = registry()
    names = {name for bridge in known.bridges for name in (bridge.name, *bridge.requires)}
    if not names:
        return []
    states: dict[tuple[UUID, str], dict[str, str]] = {}
    by_hand: dict[tuple[UUID, str], str | None] = {}
    with platform_session("bridges are switched in every tenant") as session:
        rows = session.execute(
            select(Tenant.id, Tenant.slug, TenantPlugin.plugin_key, TenantPlugin.state, TenantPlugin.by_hand)
            .join(Tenant, Tenant.id == TenantPlugin.tenant_id)
            .where(TenantPlugin.plugin_key.in_(names), Tenant.deleted_at.is_(None))
            .order_by(Tenant.slug)
        )
        for key, slug, plugin, state, kept in rows:
            states.setdefault((key, slug), {})[plugin] = state
            by_hand[key, plugin] = kept
    return [
        (key, slug)
        for (key, slug), here in states.items()
        if any(
            (state := here.get(one.name, "off")) != "archived"
            and state != wanted(known, one, here, by_hand.get((key, one.name)))
            for one in known.bridges
        )
    ]
