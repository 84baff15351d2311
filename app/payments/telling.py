"""What people are told of payments."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.messaging.notifying import notify
from app.messaging.receivers import members_with_role
from app.payments.models import Payment

PROBLEM, PAID = "payments.payment_problem", "payments.payment_paid"


def tell_of_problem(payment: Payment, words: str) -> None:
    """Owners and admins hear of money that does not fit."""
    notify(
        members_with_role("owner", "admin"),
        PROBLEM,
        _l("Payment %(number)s: something is wrong", number=payment.number),
        words,
        target=payment,
        dedupe=f"{payment.id}:{words}"[:150],
    )
