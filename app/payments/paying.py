"""Opening a provider's page for whoever follows the address of a payment: one at a time, however often it is asked."""

from __future__ import annotations

import logging
from uuid import UUID

from flask_babel import get_locale
from flask_babel import gettext as _

from app.data import db, utcnow
from app.host import Declined, PaymentAsked, PayPage
from app.payments.addresses import payment_address
from app.payments.asking import provider_here
from app.payments.models import Payment
from app.payments.outcomes import close_page, locked
from app.payments.states import FAILED, OPEN, PENDING

log = logging.getLogger(__name__)


class CannotPay(ValueError):
    """Not now, or not any more; the sentence is for the payer."""


def is_payable(payment: Payment) -> bool:
    """Whether somebody may still pay."""
    return payment.state in OPEN and (payment.until is None or payment.until > utcnow())


def open_page(payment_id: UUID) -> str:
    """The address of the provider's page for this payment. Commits: no row is held while the provider is asked, and
    asking again after a crash, or at the same moment, is asking for the same page. Raises CannotPay."""
    payment = locked(payment_id)
    if payment is None or not is_payable(payment):
        raise CannotPay(_("This cannot be paid any more."))
    if payment.page_url and payment.page_until is not None and payment.page_until > utcnow():
        return payment.page_url
    close_page(payment)
    asked = _asked(payment)
    name = payment.provider
    db.session.commit()
    page = _ask(name, asked)
    return _keep(payment_id, asked, page)


def _asked(payment: Payment) -> PaymentAsked:
    return PaymentAsked(
        f"{payment.id}:{payment.attempt}",
        payment.id,
        payment.amount,
        payment.title,
        payment.payer_email or "",
        str(get_locale() or "en"),
        payment_address(payment),
        payment.until,
    )


def _ask(name: str, asked: PaymentAsked) -> PayPage:
    provider = provider_here(name)
    if provider is None:
        raise CannotPay(_("Payments are not taken here at the moment."))
    try:
        return provider.start(asked)
    except Declined as error:
        log.warning("payment %s: the provider declines: %s", asked.payment_id, error)
        _note(asked.payment_id, str(error))
    except Exception as error:
        log.warning("payment %s: the provider does not answer", asked.payment_id, exc_info=error)
        db.session.rollback()
    raise CannotPay(_("The payment page cannot be opened right now. Please try again later."))


def _note(payment_id: UUID, words: str) -> None:
    payment = locked(payment_id)
    if payment is not None:
        payment.problem = words[:2_000]
    db.session.commit()


def _keep(payment_id: UUID, asked: PaymentAsked, page: PayPage) -> str:
    """Somebody else may have been quicker, or the news that all is paid."""
    payment = locked(payment_id)
    if payment is None or not is_payable(payment):
        db.session.commit()
        raise CannotPay(_("This cannot be paid any more."))
    if asked.key == f"{payment.id}:{payment.attempt}":
        payment.page_id, payment.page_url, payment.page_until = page.id, page.url, page.until
        if payment.state == FAILED:
            payment.state = PENDING
        payment.problem = None
    url = payment.page_url or page.url
    db.session.commit()
    return url
