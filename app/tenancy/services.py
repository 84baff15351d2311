"""Making tenants."""

from __future__ import annotations

import re

from sqlalchemy import func, select

from app.data import platform_session
from app.tenancy.models import Tenant

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def create_tenant(
    slug: str, name: str, *, locale: str = "en", timezone: str = "UTC", currency: str = "USD", country: str = "US"
) -> Tenant:
    """A new tenant in the directory. Raises ValueError with a sentence for a slug that is malformed or taken."""
    if not _SLUG.fullmatch(slug):
        raise ValueError(f"“{slug}” cannot be a tenant's address: lower-case letters, digits and -, at most 63.")
    if not name.strip():
        raise ValueError("A tenant needs a name.")
    tenant = Tenant(slug=slug, name=name.strip(), locale=locale, timezone=timezone, currency=currency, country=country)
    with platform_session("the tenant directory belongs to no tenant") as session:
        if session.scalar(select(func.count()).select_from(Tenant).where(Tenant.slug == slug)):
            raise ValueError(f"There is a tenant at “{slug}” already.")
        session.add(tenant)
    return tenant


def find_tenant(slug: str) -> Tenant | None:
    """The tenant at an address, or None."""
    with platform_session("the tenant directory belongs to no tenant") as session:
        return session.scalars(select(Tenant).where(Tenant.slug == slug)).one_or_none()
