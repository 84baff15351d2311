"""Versions of plugins: noticed by `tenantry sync`, told to the plugin in every tenant that has it on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.data import platform_session, utcnow
from app.data.positions import waiting_plugins
from app.features.pins import fits
from app.host import Plugin, registry
from app.host.accepted import asked_of_operator, stopped_plugins
from app.host.models import InstalledPlugin
from app.host.versions import ALIVE, attempted, bring, catch_up, hold
from app.installation.bridges import bring_bridges
from app.installation.pins import pins_of
from app.installation.telling import tell_admins
from app.tenancy.models import Tenant, TenantPlugin

Say = Callable[[str], None]


def note_versions(say: Say) -> None:
    """Write down what is installed. Where a version changed, call `upgrading` in each tenant, a transaction each; those
    that stay with another version are held. Bridges are brought where they belong.

    The new version is written down once all tenants went through, so one that failed is tried again by the next sync.
    A plugin that is stopped, or whose tables are behind its code, is told of nothing and not written down.
    """
    late = {*stopped_plugins(), *waiting_plugins()}
    with platform_session("installed plugins are of no tenant") as session:
        known = dict(session.execute(select(InstalledPlugin.name, InstalledPlugin.version)).all())
        tried = set(session.scalars(select(InstalledPlugin.name).where(InstalledPlugin.trying.is_not(None))))
    for plugin in registry().plugins:
        before = known.get(plugin.name)
        if plugin.name in late:
            say(f"{plugin.name} waits for its migrations: see “tenantry plugin list”.")
        elif not before:
            _write_down(plugin)
        elif plugin.name in tried:
            say(f"{plugin.name} is being tried by some tenants: see “tenantry plugin upgrade {plugin.name}”.")
        elif before != plugin.version:
            _upgrade(plugin.name, before, plugin.version, say)
    for name in asked_of_operator().keys() - late:
        if name not in known or tenants_with(name):
            say(f"{name} asks for something and waits: read it with “tenantry plugin approve {name}”.")
    _try_again(say)
    bring_bridges(say)


def _write_down(plugin: Plugin) -> None:
    with platform_session("installed plugins are of no tenant") as session:
        first = insert(InstalledPlugin).values(name=plugin.name, version=plugin.version)
        session.execute(first.on_conflict_do_update(index_elements=["name"], set_={"version": plugin.version}))


def _upgrade(plugin: str, before: str, after: str, say: Say) -> None:
    failed = bring_all(plugin, before, after, tenants_with(plugin), say)
    if failed:
        say(f"{plugin}: the step from {before} to {after} failed for {', '.join(failed)}; the next sync tries again.")
        return
    with platform_session("installed plugins are of no tenant") as session:
        row = session.get_one(InstalledPlugin, plugin)
        row.version, row.upgraded_at = after, utcnow()
    say(f"{plugin}: {before} -> {after}")


def bring_all(plugin: str, before: str, after: str, tenants: list[tuple[UUID, str]], say: Say) -> list[str]:
    """Make the step in these tenants; those whose pin refuses the version are held where they are, and told. Returns
    where it failed."""
    manifest, failed = registry().plugin(plugin), []
    kept = {one.id: one.spec for one in pins_of(plugin) if one.spec and not fits(after, one.spec)}
    for key, slug in tenants:
        if manifest is not None and key in kept:
            if hold(key, plugin, before):
                tell_admins(key, manifest, "here", pin=kept[key])
            say(f"{plugin}: {slug} stays with {kept[key]} and may only read.")
        elif not bring(key, plugin, before):
            failed.append(slug)
    return failed


def tenants_with(plugin: str) -> list[tuple[UUID, str]]:
    """The tenants that have a plugin on, be it to be read alone: (id, address)."""
    with platform_session("installed plugins are of no tenant") as session:
        on = select(TenantPlugin.tenant_id).where(TenantPlugin.plugin_key == plugin, TenantPlugin.state.in_(ALIVE))
        found = session.execute(select(Tenant.id, Tenant.slug).where(Tenant.id.in_(on)).order_by(Tenant.slug))
        return [(key, slug) for key, slug in found]


def _try_again(say: Say) -> None:
    """Steps that a pin held back, and holds no more."""
    with platform_session("held steps are of many tenants") as session:
        held = select(TenantPlugin.plugin_key, Tenant.id, Tenant.slug).join(Tenant, Tenant.id == TenantPlugin.tenant_id)
        rows = session.execute(held.where(TenantPlugin.held, Tenant.deleted_at.is_(None)).order_by(Tenant.slug)).all()
    for plugin, key, slug in rows:
        if not attempted(key, plugin, partial(catch_up, plugin)):
            say(f"{plugin}: the step failed again for {slug}.")
