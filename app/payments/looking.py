"""Asking providers about payments whose news did not come, and letting go of those that nobody made in time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app.data import db
from app.host import JobRun
from app.jobs import enqueue
from app.payments.addresses import payment_address
from app.payments.asking import provider_here
from app.payments.closing import JOB as CLOSE
from app.payments.models import Payment
from app.payments.outcomes import expire, expire_if_late, locked, take_outcome
from app.payments.states import OPEN

log = logging.getLogger(__name__)
JOB = "payments.look"
GRACE = timedelta(hours=1)
"""How long after its last moment a payment that is under way is waited for."""


def look_at_open(run: JobRun) -> int:
    """The hourly job: a job for each payment that has a page open or ran out of time. Returns how many."""
    waiting = select(Payment.id).where(Payment.state.in_(OPEN)).order_by(Payment.id)  # type: ignore[attr-defined]
    has_page = Payment.page_id.is_not(None) | Payment.until.is_not(None)  # type: ignore[union-attr]
    found = db.session.scalars(waiting.where(has_page)).all()
    for key in found:
        enqueue(JOB, key, unique_key=str(key), priority="low")
    return len(found)


def look(run: JobRun, payment_id: str) -> str:
    """The job of one payment. Returns the state it is left in."""
    payment = db.session.get(Payment, UUID(payment_id))
    if payment is None or payment.state not in OPEN:
        return "" if payment is None else payment.state
    provider, page_id = provider_here(payment.provider), payment.page_id
    db.session.commit()  # nothing is held while the provider is asked
    if provider is not None and page_id is not None:
        outcome = provider.look(page_id, UUID(payment_id))
        if outcome is not None:
            take_outcome(provider.name, outcome)
    held = locked(UUID(payment_id))
    if held is None:
        return ""
    expire_if_late(held, grace=GRACE if held.page_id is not None else timedelta(0))
    return held.state


def ask_provider(rows: Sequence[Payment]) -> str:
    """The action that asks at once."""
    for row in rows:
        enqueue(JOB, row.id, unique_key=str(row.id))
    return str(_("The provider is asked: look again in a moment."))


def show_address(rows: Sequence[Payment]) -> str:
    """The action that says where the payment is made."""
    return "\n".join(payment_address(row) for row in rows)


def call_off(rows: Sequence[Payment]) -> str:
    """The action that lets a payment go. Raises ValueError for one that is not open."""
    for row in rows:
        payment = locked(row.id)
        if payment is None or payment.state not in OPEN or not expire(payment):
            raise ValueError(_("“%(number)s” is not open any more.", number=row.number))
        if payment.page_id is not None:
            enqueue(CLOSE, payment.id, unique_key=str(payment.id))
    return str(ngettext("%(num)s payment is called off.", "%(num)s payments are called off.", len(rows)))
