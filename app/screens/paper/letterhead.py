"""Letterhead, imprint and file names of the documents of one tenant and reader."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Response, send_file
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.branding.brand import Brand, brand_here, logo_bytes
from app.branding.colours import channels
from app.branding.drawings import flattened
from app.data import utcnow
from app.identity.locale import current_locale
from app.identity.principal import principal
from app.screens.paper.values import reader_formats

if TYPE_CHECKING:
    from app.paper import Document

PLAIN_ACCENT = "#2f51c9"
PDF = "application/pdf"


def new_document(session: Session, title: str, words: str = "", *, landscape: bool = False) -> Document:
    """An empty document with the tenant's letterhead, in the reader's language."""
    from app.paper import Document, Imprint, Letterhead  # it takes a while to load, and most processes never print

    brand, person = brand_here(session), principal()
    who = person.get_full_name() or person.username if person is not None else ""
    tenant = person.tenant.name if person is not None and person.tenant is not None else ""
    when, locale = reader_formats().moment(utcnow()), current_locale()
    letterhead = Letterhead(
        name=brand.name or tenant, accent=channels(brand.accent or PLAIN_ACCENT),
        logo=_logo(session, brand),
        shape=brand.logo.width / brand.logo.height if brand.logo is not None else 1.0,
        header=brand.paper_header, footer=brand.paper_footer,
    )  # fmt: skip
    imprint = Imprint(
        title=title, language=str(locale or "en").replace("_", "-"), author=who,
        rtl=locale is not None and locale.text_direction == "rtl",
        made=str(_("%(when)s, %(who)s", when=when, who=who)) if who else when,
        pages=str(_("Page {page} of {pages}")),
    )  # fmt: skip
    return Document(letterhead, imprint, paper=brand.paper_size, landscape=landscape, words=words)


def _logo(session: Session, brand: Brand) -> bytes | None:
    stored = logo_bytes(session, brand.logo.digest) if brand.logo is not None else None
    if stored is None:
        return None
    content, mime = stored
    return flattened(content) if mime == "image/svg+xml" else content


def file_name(kind: str, *words: str) -> str:
    """A name for a file from words in the reader's language and today's date: `contacts-2026-11-25.pdf`."""
    stem = "-".join(part for one in words if (part := re.sub(r"[^\w]+", "-", one.casefold()).strip("-")))
    return f"{stem[:100] or 'document'}-{utcnow():%Y-%m-%d}.{kind}"


def as_pdf(content: bytes, name: str) -> Response:
    """Shown by the browser, kept by nobody in between. Browsers show PDF by a part of their own, which the policy of
    pages would not let in."""
    response = send_file(BytesIO(content), PDF, download_name=name)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return response
