"""The address that a payer gets: signed, so that nobody finds others by guessing; it asks nobody to sign in."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.data import current_tenant_id, db
from app.payments.models import Payment
from app.tenancy.models import Tenant
from app.tenancy.paths import tenant_prefix

PATH = "/payments/public/pay/"


def payment_address(payment: Payment) -> str:
    """The whole address where this payment can be made, or its state be seen. It holds as long as the payment."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    public: str = current_app.config["TENANTRY"].public_url
    return f"{public.rstrip('/')}{tenant_prefix(tenant.slug)}{PATH}{_signer().dumps(str(payment.id))}"


def payment_of(token: str) -> UUID | None:
    """The payment that an address of the tenant in force is of; None for one that is not ours."""
    try:
        return UUID(_signer().loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["TENANTRY"].derived_key("payment"), salt=str(current_tenant_id()))
