"""Where admins see which providers are here, what they still need, and the address that each of them reports to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.data import db
from app.host import PaymentProvider
from app.identity.access import access
from app.payments.asking import providers_here
from app.payments.models import ProviderAddress
from app.webhooks import new_address
from app.webhooks.models import ReceivedWebhook

blueprint = Blueprint("payment_providers", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True)
class ProviderCard:
    """One provider. `address` is empty until somebody makes it; `heard` is when it last reported."""

    name: str
    title: str
    settings_href: str
    missing: str
    address: str
    heard: Any


@blueprint.get("/payments/providers/")
@access("payments.provider.manage")
def page() -> str:
    """All providers of the plugins that are on."""
    paths = {row.provider: row.path for row in db.session.scalars(select(ProviderAddress))}
    names = [one.name for one in providers_here()]
    newest = select(ReceivedWebhook.source, func.max(ReceivedWebhook.created_at)).group_by(ReceivedWebhook.source)
    heard = dict(db.session.execute(newest.where(ReceivedWebhook.source.in_(names))).all())  # type: ignore[attr-defined]
    cards = [_card(one, paths.get(one.name, ""), heard.get(one.name)) for one in providers_here()]
    return render_template("payments/providers.html", title=_("Payment providers"), cards=cards)


def _card(one: PaymentProvider, path: str, heard: Any) -> ProviderCard:
    public = str(current_app.config["TENANTRY"].public_url).rstrip("/")
    return ProviderCard(
        one.name,
        str(one.title),
        url_for("plugins.page", name=one.plugin),
        (one.missing() or "") if one.missing is not None else "",
        public + path if path else "",
        heard,
    )


@blueprint.post("/payments/providers/")
@access("payments.provider.manage")
def make_address() -> Any:
    """Make the address of one provider, once."""
    name = request.form.get("provider", "")
    if name not in {one.name for one in providers_here()}:
        abort(404)
    there = db.session.scalar(select(ProviderAddress).where(ProviderAddress.provider == name))
    if there is None:
        db.session.add(ProviderAddress(provider=name, path=new_address(name)))
        db.session.commit()
        flash(_("The address is made. Give it to the provider."), "success")
    return redirect(url_for("payment_providers.page"), 303)
