"""What the house asks of Stripe: a page (a Checkout Session), how it stands, and money given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.sdk import Declined, Outcome, PaymentAsked, PayPage, RefundAsked, utcnow
from plugins.stripe_payments.amounts import stripe_amount
from plugins.stripe_payments.client import stripe_client
from plugins.stripe_payments.messages import PAYMENT, session_outcome

SHORTEST, LONGEST = timedelta(minutes=31), timedelta(hours=24)
"""How long a page of Stripe's may be open."""


def start(asked: PaymentAsked) -> PayPage:
    """A page for one payment. The same key gives the same page."""
    wanted, until = _wanted(asked), _until(asked)
    if until is not None:
        wanted["expires_at"] = int(until.timestamp())
    # Stripe refuses a key that comes again with other parameters, and how long a page may be open changes with time.
    key = f"{asked.key}:{wanted.get('expires_at', '')}"
    with stripe_client() as client:
        made = client.v1.checkout.sessions.create(params=wanted, options={"idempotency_key": key})  # type: ignore[arg-type]
    return PayPage(made.id, made.url or "", datetime.fromtimestamp(made.expires_at, UTC))


def _wanted(asked: PaymentAsked) -> dict[str, Any]:
    mark = {PAYMENT: str(asked.payment_id)}
    price = {
        "currency": asked.amount.currency.lower(),
        "unit_amount": _amount(asked),
        "product_data": {"name": asked.title},
    }
    return {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": asked.back,
        "cancel_url": asked.back,
        "client_reference_id": str(asked.payment_id),
        "metadata": mark,
        "payment_intent_data": {"metadata": mark, "description": asked.title},
        "adaptive_pricing": {"enabled": False},
        **({"customer_email": asked.email} if asked.email else {}),
    }


def _amount(asked: PaymentAsked | RefundAsked) -> int:
    try:
        return stripe_amount(asked.amount)
    except ValueError as error:
        raise Declined(str(error)) from None


def _until(asked: PaymentAsked) -> datetime | None:
    """When the page has to close before Stripe closes it anyway; to the minute, so that two requests agree."""
    now = utcnow().replace(second=0, microsecond=0)
    if asked.until is None or asked.until >= now + LONGEST:
        return None
    return max(asked.until.replace(microsecond=0), now + SHORTEST)


def look(page_id: str, payment_id: UUID) -> Outcome | None:
    """How a page stands now."""
    with stripe_client() as client:
        found = client.v1.checkout.sessions.retrieve(page_id)
    return session_outcome(found.to_dict(), payment_id)


def close(page_id: str, payment_id: UUID) -> Outcome | None:
    """Nobody pays on this page any more. One that is paid already cannot be closed, and says so."""
    try:
        with stripe_client() as client:
            client.v1.checkout.sessions.expire(page_id)
    except Declined:
        pass  # it is not open: what became of it is asked
    return look(page_id, payment_id)


def refund(asked: RefundAsked) -> str:
    """Give back so much of a payment; returns the id of Stripe's refund."""
    wanted: Any = {"payment_intent": asked.charge, "amount": _amount(asked), "metadata": {"tenantry_refund": asked.key}}
    if asked.reason:
        wanted["metadata"]["reason"] = asked.reason[:500]
    with stripe_client() as client:
        made = client.v1.refunds.create(params=wanted, options={"idempotency_key": asked.key})
    if made.status in ("failed", "canceled"):
        raise Declined(made.failure_reason or str(made.status))
    return made.id
