"""What this plugin adds to leads of the CRM: asking the contact for money, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.sdk import Money, Payment, _, address_of, ask_for_payment, payment_address, reach, send_mail, session

SHOWN = 10


def ask(rows: Sequence[Any], amount: Money | None = None, title: str | None = None, send: bool = False) -> str:
    """Ask for a payment for each of these leads; says where it can be made. Raises ValueError where it cannot be."""
    return "\n".join(_ask(lead, amount or lead.value, title or lead.title, send=send) for lead in rows)


def _ask(lead: Any, amount: Money | None, title: str, *, send: bool) -> str:
    if amount is None:
        raise ValueError(_("How much? “%(lead)s” has no value.", lead=lead.title))
    email = address_of(lead.contact, "email") if lead.contact is not None else ""
    if send and not email:
        raise ValueError(_("“%(lead)s” has no contact with an e-mail address.", lead=lead.title))
    payment = ask_for_payment(
        lead, amount, title, provider="stripe_payments.checkout", contact=lead.contact, email=email
    )
    address = payment_address(payment)
    if send:
        words = _("%(title)s: %(amount)s. You can pay here:", title=title, amount=amount)
        send_mail(email, title, f"{words}\n\n{address}", name=str(lead.contact), dedupe=f"payment:{payment.id}")
    return _("Payment %(number)s can be made at %(address)s", number=payment.number, address=address)


def payments_of(lead: Any) -> list[tuple[str, str, str]]:
    """The newest payments of a lead that the reader reaches: (number, amount and state, address)."""
    wanted = select(Payment).where(
        *reach(Payment).conditions(), Payment.target_type == "crm.lead", Payment.target_id == lead.id
    )
    found = session.scalars(wanted.order_by(Payment.id.desc()).limit(SHOWN))
    words = {one.value: one.words for one in Payment.__fields__["state"].choices}
    return [(one.number, f"{one.amount} · {words[one.state]}", f"/payments/payment/{one.id}") for one in found]
