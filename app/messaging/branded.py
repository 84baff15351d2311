"""How mails look: the tenant's name, logo, colour and the lines under them."""

from __future__ import annotations

import re
from typing import Any

from babel import Locale, UnknownLocaleError
from flask import current_app, render_template
from sqlalchemy.orm import Session

from app.branding.brand import PLAIN, Brand, brand_here
from app.branding.colours import WHITE, nearest
from app.data import current_tenant_id
from app.tenancy.models import Tenant
from app.tenancy.paths import tenant_prefix

PLAIN_ACCENT = "#1f5fd1"


def look_of(session: Session) -> dict[str, Any]:
    """What templates of mails know of the tenant in force: `stem` (its address), `brand` (its name), `logo_src`,
    `accent`, `footer`. Mail programs do not show drawings, so a logo that is one is left out."""
    tenant, brand = session.get_one(Tenant, current_tenant_id()), brand_here(session)
    stem = current_app.config["TENANTRY"].public_url + tenant_prefix(tenant.slug)
    return {
        "stem": stem,
        "brand": brand.name or tenant.name,
        "logo_src": stem + brand.logo.path if brand.logo is not None and _is_picture(brand) else "",
        "accent": nearest(brand.accent or PLAIN_ACCENT, (WHITE,)),
        "footer": brand.mail_footer,
    }


def _is_picture(brand: Brand) -> bool:
    return brand.logo is not None and brand.logo.mime != "image/svg+xml"


def branded(session: Session, subject: str, text: str, language: str) -> tuple[str, str | None]:
    """(text, HTML) of a mail of these words, with the tenant's brand; the text alone where it has none."""
    if brand_here(session) == PLAIN:
        return text, None
    look = look_of(session)
    html = render_template(
        "messaging/worded.html",
        subject=subject,
        paragraphs=re.split(r"\n\s*\n", text.strip()),
        lang=language.replace("_", "-"),
        direction=_direction(language),
        **look,
    )
    return (f"{text.rstrip()}\n\n--\u0020\n{look['footer']}\n" if look["footer"] else text), html


def _direction(language: str) -> str:
    try:
        return "rtl" if Locale.parse(language).text_direction == "rtl" else "ltr"
    except (UnknownLocaleError, ValueError):
        return "ltr"
