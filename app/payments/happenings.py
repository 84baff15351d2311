"""What happens to payments, for handlers of any plugin and for tenants' own systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.host import Event
from app.payments.models import Payment

PaymentId = Annotated[UUID, "The payment."]
TargetType = Annotated[str, "What it was for: a kind of record, such as crm.lead; empty for none."]
TargetId = Annotated[UUID | None, "The record it was for."]
Minor = Annotated[int, "The amount in the currency's smallest unit."]
Currency = Annotated[str, "The currency, as ISO 4217 writes it."]


@dataclass(frozen=True)
class PaymentPaid(Event, name="payments.payment_paid", told=_l("Paid")):
    """A payment was made in full. Told once."""

    payment_id: PaymentId
    target_type: TargetType
    target_id: TargetId
    minor: Minor
    currency: Currency


@dataclass(frozen=True)
class PaymentFailed(Event, name="payments.payment_failed", told=_l("A payment failed")):
    """The payer tried, and the money did not come. They may try again."""

    payment_id: PaymentId
    target_type: TargetType
    target_id: TargetId
    reason: Annotated[str, "Why, in the provider's words."]


@dataclass(frozen=True)
class PaymentExpired(Event, name="payments.payment_expired", told=_l("Not paid in time")):
    """Nobody paid in time, or it was called off."""

    payment_id: PaymentId
    target_type: TargetType
    target_id: TargetId


@dataclass(frozen=True)
class PaymentRefunded(Event, name="payments.payment_refunded", told=_l("Money was given back")):
    """Money was given back, in whole or in part."""

    payment_id: PaymentId
    target_type: TargetType
    target_id: TargetId
    minor: Annotated[int, "All that was given back so far, in the currency's smallest unit."]
    currency: Currency
    in_full: Annotated[bool, "Whether that is everything."]


def about(payment: Payment) -> tuple[UUID, str, UUID | None]:
    """The first fields of all of them."""
    return payment.id, payment.target_type, payment.target_id
