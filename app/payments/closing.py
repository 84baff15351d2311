"""Closing pages that stand open at providers, so that nobody pays what is called off or taken by nobody any more."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import select

from app.data import db
from app.host import Declined, JobRun, NotReached, registry
from app.jobs import enqueue
from app.payments.models import Payment
from app.payments.outcomes import take_outcome

log = logging.getLogger(__name__)
JOB = "payments.close"


def close_pages(provider: str) -> int:
    """Close every page of a provider's (`garage.bank`) that payers of the tenant in force may still have open: for
    `disabled`. A job each, which runs though the plugin is off; what was paid meanwhile is noted. Returns how many."""
    found = _open(provider)
    for key, _page in found:
        enqueue(JOB, key, unique_key=str(key))
    return len(found)


def close_pages_now(provider: str) -> int:
    """The same at once, for `tenant_closed`: no job runs for a tenant that is gone. Raises the last trouble when all
    were tried, so that the operator hears of pages that stay open until their time is up."""
    found, trouble = _open(provider), None
    for key, page_id in found:
        try:
            _close(provider, key, page_id)
        except (Declined, NotReached) as error:
            log.warning("payment %s: its page could not be closed: %s", key, error)
            trouble = error
    if trouble is not None:
        raise trouble
    return len(found)


def close_page_of(run: JobRun, payment_id: str) -> None:
    """The job of one payment. What breaks is tried again."""
    payment = db.session.get(Payment, UUID(payment_id))
    if payment is None or payment.page_id is None:
        return
    provider, page_id = payment.provider, payment.page_id
    db.session.commit()  # nothing is held while the provider is asked
    _close(provider, UUID(payment_id), page_id)


def _open(provider: str) -> list[tuple[UUID, str]]:
    pages = select(Payment.id, Payment.page_id).where(Payment.provider == provider, Payment.page_id.is_not(None))  # type: ignore[attr-defined,union-attr]
    return [(key, str(page)) for key, page in db.session.execute(pages.order_by(Payment.id))]


def _close(name: str, payment_id: UUID, page_id: str) -> None:
    provider = registry().providers.get(name)
    if provider is None or provider.close is None:
        return
    outcome = provider.close(page_id, payment_id)
    if outcome is not None:
        take_outcome(name, outcome)
