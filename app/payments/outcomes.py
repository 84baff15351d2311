"""What a provider says became of a payment, applied: however often it is said, in whatever order, by however many
workers at once, each thing happens once and is told once."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.data import Money, db, utcnow
from app.events import publish
from app.host import Outcome
from app.payments.happenings import PaymentExpired, PaymentFailed, PaymentPaid, PaymentRefunded, about
from app.payments.models import Payment
from app.payments.states import EXPIRED, FAILED, PAID, REFUNDED, may_move
from app.payments.telling import tell_of_problem

log = logging.getLogger(__name__)


def locked(payment_id: UUID) -> Payment | None:
    """The payment as it is stored now, held until the transaction ends."""
    statement = select(Payment).where(Payment.id == payment_id).with_for_update()
    return db.session.scalar(statement.execution_options(populate_existing=True))


def take_outcome(provider: str, outcome: Outcome) -> None:
    """Apply what a provider said, in the caller's transaction, with the event of it.

    Raises LookupError for a payment that is not of this provider in the tenant in force: somebody looks at it then.
    """
    payment = locked(outcome.payment_id)
    if payment is None or payment.provider != provider:
        raise LookupError(f"There is no payment {outcome.payment_id} by {provider}.")
    if outcome.news == "paid":
        _paid(payment, outcome)
    elif outcome.news == "refunded":
        _refunded(payment, outcome)
    elif outcome.page_id == (payment.page_id or ""):  # news of a page that was left says nothing of the present one
        _page_closed(payment, outcome)


def _paid(payment: Payment, outcome: Outcome) -> None:
    if outcome.amount != payment.amount:
        words = _("%(paid)s came, %(asked)s were asked for.", paid=outcome.amount, asked=payment.amount)
        _problem(payment, words)
        return
    if payment.state in (PAID, REFUNDED):
        if outcome.charge and payment.charge and outcome.charge != payment.charge:
            _problem(payment, _("It was paid twice: %(charge)s should be given back.", charge=outcome.charge))
        return
    _become_paid(payment, outcome)


def _become_paid(payment: Payment, outcome: Outcome) -> None:
    _move(payment, PAID)
    payment.paid_at, payment.problem = utcnow(), None
    payment.charge = outcome.charge or payment.charge
    payment.receipt = outcome.receipt or payment.receipt
    close_page(payment)
    publish(PaymentPaid(*about(payment), payment.amount.minor, payment.amount.currency), aggregate=payment)


def _refunded(payment: Payment, outcome: Outcome) -> None:
    """All that was given back so far: a smaller sum is older news. What is given back was paid."""
    total = outcome.amount
    if total is None or total.currency != payment.amount.currency or total.minor > payment.amount.minor:
        words = _("%(back)s were given back, %(asked)s were asked for.", back=total, asked=payment.amount)
        _problem(payment, words)
        return
    if payment.state not in (PAID, REFUNDED):
        _become_paid(payment, outcome)
    note_refunded(payment, total.minor)


def note_refunded(payment: Payment, minor: int) -> None:
    """So much was given back in all. Tells it when that is more than was known."""
    if minor <= payment.amount.minor - payment.left.minor:
        return
    payment.refunded = Money(minor, payment.amount.currency)
    in_full = minor == payment.amount.minor
    if in_full:
        _move(payment, REFUNDED)
    told = PaymentRefunded(*about(payment), minor, payment.amount.currency, in_full)
    publish(told, aggregate=payment)


def _page_closed(payment: Payment, outcome: Outcome) -> None:
    if outcome.news == "failed" and may_move(payment.state, FAILED):
        _move(payment, FAILED)
        payment.problem = outcome.reason[:2_000] or None
        publish(PaymentFailed(*about(payment), outcome.reason), aggregate=payment)
        close_page(payment)
    elif outcome.news == "expired":
        close_page(payment)
        expire_if_late(payment)


def expire_if_late(payment: Payment, *, grace: timedelta = timedelta(0)) -> bool:
    """Let a payment go that nobody made in time. Whether it went."""
    if payment.until is None or payment.until + grace > utcnow():
        return False
    return expire(payment)


def expire(payment: Payment) -> bool:
    """Nobody can pay it any more. Whether that is new."""
    if not may_move(payment.state, EXPIRED):
        return False
    _move(payment, EXPIRED)
    publish(PaymentExpired(*about(payment)), aggregate=payment)
    return True


def close_page(payment: Payment) -> None:
    """The next one who pays gets a page of their own, under a key of its own."""
    if payment.page_id is not None:
        payment.attempt += 1
    payment.page_id = payment.page_url = payment.page_until = None


def _move(payment: Payment, state: str) -> None:
    if not may_move(payment.state, state):
        raise RuntimeError(f"A payment that is {payment.state} cannot become {state}.")
    payment.state = state


def _problem(payment: Payment, words: str) -> None:
    if payment.problem == words:
        return
    log.warning("payment %s: %s", payment.id, words)
    payment.problem = words
    tell_of_problem(payment, words)
