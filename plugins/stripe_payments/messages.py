"""What Stripe reports: signed, and read for what it says of our payments; other things of the account are not ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.sdk import BadSignature, Incoming, Outcome, setting
from plugins.stripe_payments.amounts import money_of

TOLERANCE = 300
"""Seconds that a message may be old; Stripe signs each attempt anew."""
PAYMENT = "tenantry_payment"
"""Under this name Stripe keeps the id of our payment with all that belongs to it; what has none is not ours."""


def secrets() -> Sequence[str]:
    """The tenant's signing secret."""
    secret = setting("stripe_payments.signing_secret")
    return [secret] if secret else []


def verify(incoming: Incoming, secrets: Sequence[str]) -> None:
    """Check the signature of the raw bytes. Raises BadSignature."""
    from stripe import SignatureVerificationError, WebhookSignature

    header = incoming.headers.get("stripe-signature", "")
    for secret in secrets:
        try:
            WebhookSignature.verify_header(incoming.body, header, secret, TOLERANCE)
        except (SignatureVerificationError, ValueError):
            continue
        return
    raise BadSignature("No signature fits.")


def read(incoming: Incoming) -> list[tuple[str, Outcome]]:
    """The outcome in one event, if it is one of a payment of ours."""
    event = json.loads(incoming.body)
    kind, thing = event["type"], event["data"]["object"]
    payment_id = _payment_of(thing)
    if payment_id is None:
        return []
    outcome = _of_session(kind, thing, payment_id) or _of_charge(kind, thing, payment_id)
    return [(event["id"], outcome)] if outcome is not None else []


def _payment_of(thing: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID((thing.get("metadata") or {})[PAYMENT])
    except (KeyError, ValueError):
        return None


def _of_session(kind: str, session: Mapping[str, Any], payment_id: UUID) -> Outcome | None:
    if kind == "checkout.session.async_payment_failed":
        return Outcome(payment_id, "failed", page_id=session["id"], reason="The bank did not pay.")
    if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.expired"):
        return session_outcome(session, payment_id)
    return None


def session_outcome(session: Mapping[str, Any], payment_id: UUID) -> Outcome | None:
    """What a Checkout Session says. One that is complete and not paid waits for a bank: no news."""
    if session["status"] == "expired":
        return Outcome(payment_id, "expired", page_id=session["id"])
    if session["status"] != "complete" or session["payment_status"] != "paid":
        return None
    amount = money_of(session["amount_total"], session["currency"])
    return Outcome(payment_id, "paid", amount, session["id"], charge=_id(session["payment_intent"]))


def _of_charge(kind: str, charge: Mapping[str, Any], payment_id: UUID) -> Outcome | None:
    if kind != "charge.refunded":
        return None
    total = money_of(charge["amount_refunded"], charge["currency"])
    return Outcome(
        payment_id,
        "refunded",
        total,
        charge=_id(charge["payment_intent"]),
        receipt=charge.get("receipt_url") or "",
    )


def _id(thing: Any) -> str:
    """The id of what may have been expanded."""
    return str(thing["id"] if isinstance(thing, Mapping) else thing)
