"""Giving money back: a row first, then the provider is asked by a job, under a key of that row, so it happens once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.data import Money, db
from app.host import Declined, JobRun, RefundAsked, registry
from app.jobs import enqueue
from app.payments.models import DOING, DONE, Payment, PaymentRefund
from app.payments.outcomes import locked, note_refunded
from app.payments.states import FAILED, PAID

JOB = "payments.refund"


def refund(rows: Sequence[Payment], amount: Money | None = None, reason: str | None = None) -> str:
    """The action: give back everything that is left, or so much of it. Raises ValueError where it cannot be."""
    for row in rows:
        payment = locked(row.id)
        if payment is None or payment.state != PAID or not payment.charge:
            raise ValueError(_("“%(number)s” is not paid, so nothing can be given back.", number=row.number))
        _write(payment, amount, reason)
    return str(_("The money is on its way back: see the refunds of the payment."))


def _write(payment: Payment, amount: Money | None, reason: str | None) -> None:
    left = Money(payment.left.minor - _sum(payment, DOING), payment.amount.currency)
    wanted = amount or left
    if wanted.currency != left.currency or not 0 < wanted.minor <= left.minor:
        raise ValueError(_("At most %(left)s can be given back.", left=left))
    row = PaymentRefund(payment_id=payment.id, amount=wanted, reason=reason)
    db.session.add(row)
    db.session.flush()
    enqueue(JOB, row.id)


def _sum(payment: Payment, state: str) -> int:
    """The refunds of a payment in a state, in minor units."""
    statement = select(func.coalesce(func.sum(PaymentRefund.amount_minor), 0))  # type: ignore[attr-defined]
    found = statement.where(PaymentRefund.payment_id == payment.id, PaymentRefund.state == state)
    return int(db.session.scalar(found) or 0)


def give_back(run: JobRun, refund_id: str) -> str:
    """The job: ask the provider, and note what it said. What breaks is tried again under the same key."""
    session = db.session()
    row = session.get(PaymentRefund, UUID(refund_id))
    if row is None or row.state != DOING:
        return "" if row is None else row.state
    payment = session.get_one(Payment, row.payment_id)
    provider = registry().providers.get(payment.provider)
    asked = RefundAsked(str(row.id), payment.charge or "", row.amount, row.reason or "")
    session.commit()  # nothing is held while the provider is asked
    try:
        if provider is None:
            raise Declined(_("The plugin of this provider is not installed any more."))
        said = provider.refund(asked)
    except Declined as error:
        return _settle(asked, FAILED, error=str(error)[:2_000])
    return _settle(asked, DONE, provider_id=said[:255])


def _settle(asked: RefundAsked, state: str, *, error: str | None = None, provider_id: str | None = None) -> str:
    row = db.session.get_one(PaymentRefund, UUID(asked.key))
    payment = locked(row.payment_id)
    db.session.refresh(row)
    if row.state == DOING and payment is not None:
        row.state, row.error, row.provider_id = state, error, provider_id
        db.session.flush()
        note_refunded(payment, _sum(payment, DONE))
    return row.state
