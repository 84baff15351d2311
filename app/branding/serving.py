"""Logos and colours as browsers and mail programs fetch them: public, kept for ever, harmless when opened alone."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from flask import Blueprint, Response, abort, g

from app.branding.brand import ENDINGS, LOGOS, Brand, brand_here, logo_bytes
from app.branding.colours import parsed
from app.branding.shades import PREFIX, style_sheet
from app.data import Scope, current_scope, db, scope
from app.identity.access import PUBLIC, access
from app.identity.gate import identify, is_for_strangers, tenant_host
from app.identity.principal import TenantInfo
from app.identity.who import Who

blueprint = Blueprint("branding", __name__)
_FOR_EVER = "public, max-age=31536000, immutable"
_LOGO = re.compile(r"([0-9a-f]{64})\.(png|jpg|svg)")
_ACCENT = re.compile(r"([0-9a-f]{6})(?:-([0-9a-f]{6}))?\.css")


@blueprint.get(f"{PREFIX}/<name>")
@access(PUBLIC)
def accent(name: str) -> Response:
    """The style sheet of the colours that the address names."""
    found = _ACCENT.fullmatch(name)
    if found is None:
        abort(404)
    light, dark = (parsed(part) if part else "" for part in found.groups())
    return _lasting(Response(style_sheet(light, dark), mimetype="text/css"))


@blueprint.get(f"{LOGOS}/<name>")
@access(PUBLIC)
def logo(name: str) -> Response:
    """A logo of the tenant in the address or of the host; of any other tenant it is not there."""
    found = _LOGO.fullmatch(name)
    tenant = _tenant() if found is not None else None
    if found is None or tenant is None:
        abort(404)
    with _inside(tenant):
        stored = logo_bytes(db.session(), found.group(1))
    if stored is None or ENDINGS[stored[1]] != found.group(2):
        abort(404)
    response = _lasting(Response(stored[0], mimetype=stored[1]))
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # mails show it
    return response


def visited_brand() -> tuple[str, Brand] | None:
    """(the tenant's name, its brand) on pages for strangers that a tenant's own host shows, such as the sign-in page,
    and on those that plugins offer them; None everywhere else, where nothing is asked of the database."""
    tenant = _tenant() if tenant_host() or is_for_strangers() else None
    if tenant is None:
        return None
    with _inside(tenant):
        return tenant.name, brand_here(db.session(), Who(None, tenant))


def _tenant() -> TenantInfo | None:
    """The tenant that the address or the host of this request names."""
    if "tenantry_visited" not in g:
        known: Who | None = g.get("tenantry_who")
        g.tenantry_visited = (known or identify(PUBLIC)).tenant
    found: TenantInfo | None = g.tenantry_visited
    return found


def _inside(tenant: TenantInfo) -> AbstractContextManager[Any]:
    """Read as the tenant, whoever asks. What is read as the tenant already goes on as it is."""
    return nullcontext() if current_scope().tenant_id == tenant.id else scope(Scope(tenant.id, via="screen"))


def _lasting(response: Response) -> Response:
    response.headers["Cache-Control"] = _FOR_EVER
    return response
