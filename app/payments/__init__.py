"""Payments: the house asks somebody for money for a record, sends them to a page, and learns what became of it.

    payment = ask_for_payment(order, order.total, _("Order %(number)s", number=order.number), contact=order.customer)
    send_mail(order.email, subject, payment_address(payment))

`asking` writes the row, `paying` opens a provider's page for whoever follows the address, `outcomes` takes what a
provider says and makes the legal moves of `states`, `refunding` gives money back, `looking` asks when nobody said,
`closing` closes pages that nobody should pay on any more.
"""

from __future__ import annotations

from app.payments.addresses import payment_address
from app.payments.asking import ask_for_payment
from app.payments.closing import close_pages, close_pages_now
from app.payments.models import Payment

__all__ = ["Payment", "ask_for_payment", "close_pages", "close_pages_now", "payment_address"]
