"""The page behind a payment's address: what it is for and how it stands, and the way to the provider's page.

Who comes back from there may be quicker than the provider's message, so the page says what is known and asks for a
moment's patience; it never believes the address.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_babel import gettext as _

from app.branding.brand import brand_here
from app.data import current_tenant_id, db
from app.host import registry
from app.identity.access import PUBLIC, access, without_csrf
from app.payments.addresses import PATH, payment_of
from app.payments.models import Payment
from app.payments.paying import CannotPay, is_payable, open_page
from app.payments.states import FAILED, PAID, REFUNDED
from app.tenancy.models import Tenant

blueprint = Blueprint("pay", __name__, template_folder="../templates")


@blueprint.get(PATH + "<token>")
@access(PUBLIC)
def show(token: str) -> Response:
    """How the payment stands. Nothing happens before the button is pressed: mail programs look at every address."""
    return _page(_payment(token))


@blueprint.post(PATH + "<token>")
@access(PUBLIC)
@without_csrf
def go(token: str) -> Response:
    """Open the provider's page and lead there."""
    payment = _payment(token)
    try:
        onward = open_page(payment.id)
    except CannotPay as error:
        return _page(_payment(token), problem=str(error))
    answer = _page(_payment(token), onward=onward)
    # A redirect after a form would have to be allowed by name in the content security policy; this need not.
    answer.headers["Refresh"] = f"0; url={onward}"
    return answer


def _payment(token: str) -> Payment:
    key: UUID | None = payment_of(token)
    payment = db.session.get(Payment, key) if key is not None else None
    if payment is None:
        abort(404)
    return payment


def _page(payment: Payment, *, onward: str = "", problem: str = "") -> Response:
    provider = registry().providers.get(payment.provider)
    page: dict[str, Any] = {
        "title": payment.title,
        "seller": brand_here(db.session()).name or db.session.get_one(Tenant, current_tenant_id()).name,
        "payment": payment,
        "words": _words(payment),
        "payable": is_payable(payment),
        "provider": str(provider.title) if provider is not None else "",
        "onward": onward,
        "problem": problem,
        "here": request.path,
    }
    answer = make_response(render_template("payments/pay.html", **page))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _words(payment: Payment) -> str:
    if payment.state == PAID:
        return str(_("Paid. Thank you."))
    if payment.state == REFUNDED:
        return str(_("The money was given back."))
    if not is_payable(payment):
        return str(_("This cannot be paid any more."))
    if payment.state == FAILED:
        return str(_("The last attempt did not work. You can try again."))
    return _("You have just paid? It can take a moment until it shows here.") if payment.page_id else ""
