"""The brand in force: read once for each version of a tenant's configuration, so that pages pay nothing for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.branding.models import BrandLogo, TenantBrand
from app.branding.shades import style_path
from app.data import current_tenant_id
from app.identity.principal import principal
from app.tenancy.configuration import by_configuration
from app.tenancy.models import Tenant

LOGOS = "/branding/logo"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo by its digest; width and height in pixels, of a drawing in its own units."""

    digest: str
    mime: str
    width: int
    height: int

    @property
    def path(self) -> str:
        """Its address inside the tenant."""
        return f"{LOGOS}/{self.digest}.{ENDINGS[self.mime]}"


@dataclass(frozen=True, slots=True)
class Brand:
    """What a tenant wants to be seen as. What it has not said is empty."""

    name: str = ""
    accent: str = ""
    accent_dark: str = ""
    mail_footer: str = ""
    paper_header: str = ""
    paper_footer: str = ""
    paper_size: str = "a4"
    logo: Logo | None = None

    @property
    def style_path(self) -> str:
        """The address of its style sheet outside any tenant, empty without a colour."""
        return style_path(self.accent, self.accent_dark)


PLAIN = Brand()


def brand_here(session: Session, who: Any = None) -> Brand:
    """The brand of the tenant in force. `who` has it as `tenant`: the person who asks, by default."""
    found: Brand = by_configuration(session, who or principal(), "brand", _load)
    return found


def _load(session: Session) -> Brand:
    row = _stored(session)
    if row is None:
        return PLAIN
    names = ("accent", "accent_dark", "mail_footer", "paper_header", "paper_footer")
    said = {name: getattr(row, name) or "" for name in names}
    return Brand(row.display_name or "", paper_size=row.paper_size, logo=_logo(session, row.logo), **said)


def _logo(session: Session, digest: str | None) -> Logo | None:
    if digest is None:
        return None
    columns = BrandLogo.digest, BrandLogo.mime, BrandLogo.width, BrandLogo.height
    found = session.execute(select(*columns).where(BrandLogo.digest == digest)).one_or_none()
    return Logo(*found) if found is not None else None


def own_brand(session: Session) -> TenantBrand:
    """The row of the tenant in force, made when there is none yet. Flushes."""
    row = _stored(session)
    if row is None:
        row = TenantBrand(display_name=session.get_one(Tenant, current_tenant_id()).name[:80])
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # somebody else opened the page for the first time in this very moment
            row = session.scalars(select(TenantBrand)).one()
    return row


def _stored(session: Session) -> TenantBrand | None:
    return session.scalars(select(TenantBrand)).one_or_none()


def logo_bytes(session: Session, digest: str) -> tuple[bytes, str] | None:
    """(content, MIME type) of a logo of the tenant in force, one it had before too."""
    found = session.execute(select(BrandLogo.content, BrandLogo.mime).where(BrandLogo.digest == digest)).one_or_none()
    return (found[0], found[1]) if found is not None else None
