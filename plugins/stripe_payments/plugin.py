"""Payments by Stripe Checkout. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from app.sdk import (
    Field,
    Needs,
    PaymentProvider,
    Plugin,
    Tenant,
    _l,
    close_pages,
    close_pages_now,
    hookimpl,
    text,
)
from plugins.stripe_payments import checkout, messages
from plugins.stripe_payments.client import missing

plugin = Plugin(
    "stripe_payments", title=_l("Stripe"), summary=_l("Payments by card and more, on Stripe's own pages"),
    icon="wallet", order=810, needs=Needs(hosts=("api.stripe.com",), secrets=True),
)  # fmt: skip
CHECKOUT = "stripe_payments.checkout"


@hookimpl
def settings() -> list[Field]:
    return [
        text(
            name="secret_key", label=_l("Secret key"), secret=True, required=True, max_length=255,
            help=_l("Begins with sk_ or rk_: Stripe shows it under Developers, API keys."),
        ),
        text(
            name="signing_secret", label=_l("Signing secret"), secret=True, max_length=255,
            help=_l("Begins with whsec_: Stripe shows it once the address under Payment providers is entered there."),
        ),
    ]  # fmt: skip


@hookimpl
def payment_providers() -> list[PaymentProvider]:
    return [
        PaymentProvider(
            CHECKOUT, _l("Stripe"),
            start=checkout.start, look=checkout.look, refund=checkout.refund,
            secrets=messages.secrets, verify=messages.verify, read=messages.read, missing=missing, close=checkout.close,
        )
    ]  # fmt: skip


@hookimpl
def disabled(tenant: Tenant) -> None:
    """Pages that payers have open would take money of which nobody here hears."""
    close_pages(CHECKOUT)


@hookimpl
def tenant_closed(tenant: Tenant) -> None:
    close_pages_now(CHECKOUT)


@hookimpl
def purging(tenant: Tenant) -> None:
    """Pages that are open still, perhaps because the step above failed."""
    close_pages_now(CHECKOUT)
