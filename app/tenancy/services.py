"""Making tenants, and giving them addresses of their own."""

from __future__ import annotations

import re
import secrets
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.data import platform_session, utcnow
from app.tenancy.models import Tenant, TenantDomain

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


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


def tenant_ids() -> dict[str, UUID]:
    """Every tenant by its address, in the order of the alphabet: for commands that go through all of them."""
    with platform_session("the tenant directory belongs to no tenant") as session:
        return dict(session.execute(select(Tenant.slug, Tenant.id).order_by(Tenant.slug)).all())


def open_slugs() -> list[str]:
    """The addresses of all tenants that are not closed, in the order of the alphabet."""
    with platform_session("the tenant directory belongs to no tenant") as session:
        return list(session.scalars(select(Tenant.slug).where(Tenant.deleted_at.is_(None)).order_by(Tenant.slug)))


def map_domain(slug: str, host: str) -> TenantDomain:
    """Let a host name lead to a tenant. The operator vouches for it; raises ValueError with a sentence.

    Its first domain is the tenant's primary one. A name that leads to another tenant is refused, not taken over.
    """
    name = host.strip().rstrip(".").lower()
    if not _HOST.fullmatch(name):
        raise ValueError(f"“{host}” is not a host name, such as office.example.com.")
    with platform_session("domains are asked before a tenant is known") as session:
        tenant = session.scalars(select(Tenant).where(Tenant.slug == slug)).one_or_none()
        if tenant is None:
            raise ValueError(f"There is no tenant at “{slug}”.")
        return _verified(session, tenant, name)


def _verified(session: Session, tenant: Tenant, name: str) -> TenantDomain:
    held = session.scalars(
        select(TenantDomain).where(TenantDomain.domain == name, TenantDomain.verified_at.is_not(None))
    )
    domain = held.one_or_none()
    if domain is not None and domain.tenant_id != tenant.id:
        raise ValueError(f"“{name}” leads to another tenant already.")
    if domain is None:
        mine = select(func.count()).select_from(TenantDomain).where(TenantDomain.tenant_id == tenant.id)
        domain = TenantDomain(
            tenant_id=tenant.id,
            domain=name,
            verify_token=secrets.token_hex(16),
            verified_at=utcnow(),
            is_primary=session.scalar(mine) == 0,
        )
        session.add(domain)
    return domain
