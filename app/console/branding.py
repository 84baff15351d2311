"""The page of a tenant's brand: how it looks, the logo, and the way to the form with the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.branding.brand import Brand, brand_here, own_brand
from app.branding.colours import DARK, WHITE, contrast
from app.branding.logos import LARGEST, Unfit, take_logo
from app.branding.models import TenantBrand
from app.branding.shades import dark_of
from app.data import db
from app.identity.access import access
from app.identity.principal import principal
from app.screens.page import Link
from app.screens.views.screen import with_query

blueprint = Blueprint("own_brand", __name__, url_prefix="/console/branding", template_folder="templates")
MEGABYTES = LARGEST // 1024 // 1024
PLAIN_ACCENT = "#3355d1"


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour on the ground it is used on. `words` say how well it can be read."""

    label: str
    colour: str
    ground: str
    words: str


@dataclass(frozen=True, slots=True)
class BrandPage:
    """How a brand stands."""

    name: str
    logo_href: str
    swatches: tuple[Swatch, ...]
    facts: tuple[tuple[str, str], ...]
    edit_href: str
    history: Link
    limit: int
    error: str = ""


@blueprint.get("/")
@access("console.brand.update")
def page() -> str:
    """The brand as it is."""
    return _page()


@blueprint.post("/logo")
@access("console.brand.update")
def upload() -> Any:
    """Make an uploaded picture the logo; what cannot be one is said, and nothing changes."""
    sent = request.files.get("logo")
    try:
        if sent is None or not sent.filename:
            raise Unfit(_("Please choose a file."))
        take_logo(db.session(), own_brand(db.session()), sent.stream)
    except Unfit as refused:
        db.session.rollback()
        return _page(str(refused)), 422
    db.session.commit()
    flash(_("The logo is changed."), "success")
    return redirect(url_for("own_brand.page"), 303)


@blueprint.post("/logo/remove")
@access("console.brand.update")
def remove() -> Any:
    """Go without a logo."""
    own_brand(db.session()).logo = None
    db.session.commit()
    flash(_("The logo is removed."), "success")
    return redirect(url_for("own_brand.page"), 303)


def _page(error: str = "") -> str:
    row = own_brand(db.session())
    key = row.id
    db.session.commit()
    brand = brand_here(db.session())
    here = f"{request.script_root}/console/brand/{key}"
    return render_template(
        "console/branding.html",
        title=_("Brand"),
        page=BrandPage(
            name=brand.name or _own_name(),
            logo_href=request.script_root + brand.logo.path if brand.logo else "",
            swatches=_swatches(brand),
            facts=tuple((label, words) for label, words in _facts(brand) if words),
            edit_href=with_query(f"{here}/edit", [("next", f"{request.script_root}/console/branding/")]),
            history=Link(_("What was changed"), here),
            limit=MEGABYTES,
            error=error,
        ),
    )


def _own_name() -> str:
    person = principal()
    return person.tenant.name if person is not None and person.tenant is not None else ""


def _swatches(brand: Brand) -> tuple[Swatch, ...]:
    light = brand.accent or PLAIN_ACCENT
    dark = brand.accent_dark or dark_of(light)
    return (
        Swatch(_("Light"), light, WHITE, _contrast(light, WHITE)),
        Swatch(_("Dark"), dark, DARK[1], _contrast(dark, DARK[1])),
    )


def _contrast(colour: str, ground: str) -> str:
    return str(_("Contrast %(number)s", number=f"{contrast(colour, ground):.1f}"))


def _facts(brand: Brand) -> tuple[tuple[str, str], ...]:
    return (
        (_("Under e-mails"), brand.mail_footer),
        (_("Top of printed pages"), brand.paper_header),
        (_("Bottom of printed pages"), brand.paper_footer),
        (_("Paper size"), _paper_words(brand.paper_size)),
    )


def _paper_words(size: str) -> str:
    return next(one.words for one in TenantBrand.__fields__["paper_size"].choices if one.value == size)
