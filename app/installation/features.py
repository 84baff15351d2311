"""Deciding about features: a tenant's admins switch, the operator opens flags, both told to the gate at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.data import db, platform_session, utcnow
from app.data.bulk import TOLD
from app.features.models import FeatureFlag, TenantFeature
from app.host import Feature, registry
from app.tenancy.models import Tenant, TenantPlugin


def features_of(plugin: str) -> list[Feature]:
    """The features that a plugin declares, in its order."""
    return [one for one in registry().features.values() if one.plugin == plugin]


def switches_here() -> Mapping[str, bool]:
    """What the admins of the tenant in force have switched, by feature."""
    return dict(db.session.execute(select(TenantFeature.feature_key, TenantFeature.enabled)).all())


def switch_feature(name: str, is_on: bool) -> None:
    """Switch a feature of the tenant in force. Flushes; the edge commits. Raises LookupError for one that no admin
    switches."""
    declared = registry().features.get(name)
    if declared is None or declared.kind != "switch":
        raise LookupError(_("There is no feature of this name to be switched."))
    row = db.session.scalars(select(TenantFeature).where(TenantFeature.feature_key == name)).one_or_none()
    if row is None:
        row = TenantFeature(feature_key=name)
        db.session.add(row)
    row.enabled = is_on
    db.session.flush()


def set_flag(
    name: str, tenant: UUID | None, is_on: bool, by: str, *, percent: int = 100, until: datetime | None = None
) -> None:
    """The operator's word on a feature, for one tenant or for all. Replaces the one before. Raises ValueError."""
    declared = registry().features.get(name)
    if declared is None or declared.kind != "flag":
        raise ValueError(_("There is no flag of this name: the plugin decides what is one."))
    if not 0 <= percent <= 100:
        raise ValueError(_("A share is a number from 0 to 100."))
    if until is not None and until <= utcnow():
        raise ValueError(_("This moment has passed."))
    values = {"is_enabled": is_on, "percent": percent, "expires_at": until, "set_by": by, "set_at": utcnow()}
    with platform_session("the operator decides about features of all tenants") as session:
        new = insert(FeatureFlag).values(feature_key=name, tenant_id=tenant, **values)
        session.execute(
            new.on_conflict_do_update(index_elements=["feature_key", "tenant_id"], set_=values), execution_options=TOLD
        )
        tell_tenants(session, tenant)


def forget_flag(name: str, tenant: UUID | None) -> None:
    """Take the word back: what is said of all holds again, or what the plugin declares."""
    with platform_session("the operator decides about features of all tenants") as session:
        where = FeatureFlag.feature_key == name, FeatureFlag.tenant_id.is_not_distinct_from(tenant)
        session.execute(delete(FeatureFlag).where(*where), execution_options=TOLD)
        tell_tenants(session, tenant)


def flags_of(plugin: str) -> list[tuple[FeatureFlag, str]]:
    """Every word of the operator's on features of a plugin, with the tenant's address; those about all come first."""
    with platform_session("the operator decides about features of all tenants") as session:
        rows = session.execute(
            select(FeatureFlag, Tenant.slug)
            .outerjoin(Tenant, Tenant.id == FeatureFlag.tenant_id)
            .where(FeatureFlag.feature_key.startswith(f"{plugin}.", autoescape=True))
            .order_by(FeatureFlag.feature_key, Tenant.slug.nulls_first())
        )
        found = [(flag, slug or "") for flag, slug in rows]
        session.expunge_all()
    return found


def tell_tenants(session: Session, tenant: UUID | None = None, *, plugin: str = "") -> None:
    """Raise the configuration version of a tenant, of those that have a plugin, or of all: what was decided holds from
    their next request on. In the order of their keys, so that two who do it wait for each other."""
    chosen = select(Tenant.id).order_by(Tenant.id).with_for_update()
    if tenant is not None:
        chosen = chosen.where(Tenant.id == tenant)
    elif plugin:
        chosen = chosen.where(Tenant.id.in_(select(TenantPlugin.tenant_id).where(TenantPlugin.plugin_key == plugin)))
    keys = session.scalars(chosen).all()
    raised = update(Tenant).where(Tenant.id.in_(keys)).values(config_version=Tenant.config_version + 1)
    session.execute(raised, execution_options={"synchronize_session": False})
