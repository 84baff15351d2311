"""Pins: a tenant stays with versions of a plugin that it agreed to, because its admins or the operator say so.

    pin(tenant, "garage", "1.*", by_operator=True, until=day, reason="They audit in March")

What a pin does is the gate's (`app.features.pins`). When one is moved, lifted or over, the step to the installed
version is made at once, and tried again by a job and by each sync while it fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.console.versions import CATCH_UP
from app.data import Scope, current_scope, db, platform_session, scope, utcnow
from app.features.pins import fits, spec_of
from app.host import Plugin, registry
from app.host.models import InstalledPlugin
from app.host.versions import ALIVE, bring, pin_of
from app.identity.principal import principal
from app.installation.features import tell_tenants
from app.installation.telling import tell_admins
from app.jobs import enqueue
from app.tenancy.models import Tenant, TenantPlugin

LONGEST_REASON = 255


class MayNotPin(ValueError):
    """The pin cannot be as it was asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A tenant that stays with a range of versions (empty when that is over), and the version it works with."""

    id: UUID
    slug: str
    spec: str
    until: datetime | None
    reason: str
    by_operator: bool
    version: str
    only_reads: bool

    @property
    def words(self) -> str:
        """For a line of text: `acme 1.* (with 1.0, may only read)`."""
        more = [f"with {self.version}", *(["may only read"] if self.only_reads else [])]
        more += [f"until {self.until:%Y-%m-%d}"] if self.until is not None else []
        return " ".join([self.slug, *([self.spec] if self.spec else []), f"({', '.join(more)})"])


def pin(
    tenant: Tenant, plugin: str, spec: str, *, by_operator: bool, until: datetime | None = None, reason: str = ""
) -> bool:
    """Let the tenant stay with a range of versions, which holds the one it works with or the installed one. Replaces
    the pin before. Commits. False when the step that this asks for failed and will be tried again. Raises MayNotPin,
    ValueError for a range that is none."""
    manifest, words = _manifest(plugin), spec_of(spec)
    if until is not None and until <= utcnow():
        raise MayNotPin(_("This moment has passed."))
    with _row(tenant, manifest, by_operator=by_operator) as row:
        works_with = row.plugin_version or _noted(plugin) or manifest.version
        if not fits(works_with, words) and not fits(manifest.version, words):
            raise MayNotPin(
                _("Version %(version)s, which the tenant works with, is not among “%(pin)s”: it could not work at all.",
                  version=works_with, pin=words)
            )  # fmt: skip
        row.plugin_version = row.plugin_version or works_with
        row.pin, row.pin_until, row.pin_by_operator = words, until, by_operator
        row.pin_reason = " ".join(reason.split())[:LONGEST_REASON] or None
        if until is not None:
            enqueue(CATCH_UP, plugin, delay=until - utcnow() + timedelta(seconds=1))
    return _settle(tenant, manifest)


def unpin(tenant: Tenant, plugin: str, *, by_operator: bool) -> bool:
    """Lift the pin; nothing happens where there is none. Commits. False when the step to the installed version failed
    and will be tried again. Raises MayNotPin."""
    manifest = _manifest(plugin)
    with _row(tenant, manifest, by_operator=by_operator) as row:
        row.pin = row.pin_until = row.pin_reason = None
        row.pin_by_operator = False
    return _settle(tenant, manifest)


@contextmanager
def _row(tenant: Tenant, manifest: Plugin, *, by_operator: bool) -> Iterator[TenantPlugin]:
    """The tenant's row of a plugin, to be changed by whoever may."""
    with _inside(tenant):
        wanted = select(TenantPlugin).where(TenantPlugin.plugin_key == manifest.name).with_for_update()
        row = db.session.scalars(wanted).one_or_none()
        if row is None:
            row = TenantPlugin(plugin_key=manifest.name, state="off")
            db.session.add(row)
        try:
            if not by_operator and row.pin and row.pin_by_operator:
                raise MayNotPin(_("The operator of the platform decided this, who alone can change it."))
            if not by_operator and not may_pin(manifest.name):
                raise MayNotPin(_("The operator of the platform does not let tenants stay with a version of it."))
            yield row
            db.session.commit()
        except ValueError:
            db.session.rollback()
            raise


@contextmanager
def _inside(tenant: Tenant) -> Iterator[None]:
    """In the tenant, as who asks: within it already, or for the operator, who is outside of all."""
    if current_scope().tenant_id == tenant.id:
        yield
        return
    person = principal()
    with scope(Scope(tenant.id, person.uid if person is not None else None, "cli" if person is None else "screen")):
        yield


def _settle(tenant: Tenant, manifest: Plugin) -> bool:
    """Make the step that waited for the pin, if it does not wait any more."""
    with _inside(tenant):
        row = db.session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key == manifest.name)).one()
        is_due = row.held and row.state in ALIVE and not pin_of(row).refuses(manifest.version)
        db.session.commit()
    if not is_due or bring(tenant.id, manifest.name, ""):
        return True
    with _inside(tenant):
        enqueue(CATCH_UP, manifest.name, delay=60)
        db.session.commit()
    return False


def let_tenants_pin(plugin: str, is_allowed: bool) -> None:
    """Whether admins of tenants may stay with a version by themselves. Pins that are there stay. Raises MayNotPin."""
    manifest = _manifest(plugin)
    with platform_session("installed plugins are of no tenant") as session:
        new = insert(InstalledPlugin).values(name=plugin, version=manifest.version, may_pin=is_allowed)
        session.execute(new.on_conflict_do_update(index_elements=["name"], set_={"may_pin": is_allowed}))
        tell_tenants(session, plugin=plugin)


def may_pin(plugin: str) -> bool:
    """Whether admins may."""
    with platform_session("installed plugins are of no tenant") as session:
        return bool(session.scalar(select(InstalledPlugin.may_pin).where(InstalledPlugin.name == plugin)))


def pins_of(plugin: str) -> tuple[Pinned, ...]:
    """The tenants that stay with a version, or wait for the step to the installed one, by their address."""
    return _pins(TenantPlugin.plugin_key == plugin).get(plugin, ())


def all_pins() -> dict[str, tuple[Pinned, ...]]:
    """The same of every plugin, by its name."""
    return _pins()


def _pins(*which: ColumnElement[bool]) -> dict[str, tuple[Pinned, ...]]:
    versions = registry().versions
    found: dict[str, tuple[Pinned, ...]] = {}
    with platform_session("pins of plugins are of many tenants") as session:
        rows = session.execute(
            select(TenantPlugin, Tenant.slug)
            .join(Tenant, Tenant.id == TenantPlugin.tenant_id)
            .where(or_(TenantPlugin.pin.is_not(None), TenantPlugin.held), Tenant.deleted_at.is_(None), *which)
            .order_by(Tenant.slug)
        )
        for row, slug in rows:
            one = _pinned(row, slug, versions.get(row.plugin_key, ""))
            found[row.plugin_key] = (*found.get(row.plugin_key, ()), one)
    return found


def _pinned(row: TenantPlugin, slug: str, here: str) -> Pinned:
    found = pin_of(row)
    return Pinned(
        row.tenant_id, slug, found.spec if found.is_in_force else "", row.pin_until, row.pin_reason or "",
        row.pin_by_operator, row.plugin_version or here, bool(here) and found.keeps_from(here),
    )  # fmt: skip


def broken_by(plugin: str, version: str) -> list[Pinned]:
    """The tenants whose pin a version would break: they could only read in it."""
    return [one for one in pins_of(plugin) if one.spec and not fits(version, one.spec)]


def versions_of(plugin: str) -> dict[str, int]:
    """How many tenants that have it on work with which version."""
    mine = TenantPlugin.plugin_key == plugin, TenantPlugin.state.in_(ALIVE)
    counted = select(TenantPlugin.plugin_version, func.count()).where(*mine).group_by(TenantPlugin.plugin_version)
    found: dict[str, int] = {}
    with platform_session("versions of one plugin are of many tenants") as session:
        noted = session.scalar(select(InstalledPlugin.version).where(InstalledPlugin.name == plugin)) or "-"
        for version, count in session.execute(counted):
            found[version or noted] = found.get(version or noted, 0) + count
    return dict(sorted(found.items()))


def announce(plugin: str) -> list[str]:
    """Tell owners and admins of the tenants that stay with another version what the installed one means for them:
    before it is brought in. Returns their addresses."""
    manifest = _manifest(plugin)
    told = broken_by(plugin, manifest.version)
    for one in told:
        tell_admins(one.id, manifest, "coming", pin=one.spec)
    return [one.slug for one in told]


def _manifest(plugin: str) -> Plugin:
    manifest = registry().plugin(plugin)
    if manifest is None or manifest.core:
        raise MayNotPin(_("No plugin of this name is installed."))
    return manifest


def _noted(plugin: str) -> str:
    with platform_session("installed plugins are of no tenant") as session:
        return session.scalar(select(InstalledPlugin.version).where(InstalledPlugin.name == plugin)) or ""
