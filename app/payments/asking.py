"""Asking for a payment: one row in the caller's transaction. Nothing leaves the house before somebody follows it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.contacts.models import Contact
from app.data import Money, Record, db, next_number, utcnow, uuid7
from app.host import PaymentProvider, registry
from app.host.at_work import need_records
from app.host.extending import is_here
from app.messaging.composing import ascii_address
from app.payments.models import Payment

LONGEST_KEY = 200


def providers_here() -> list[PaymentProvider]:
    """The providers of the plugins that are on for the tenant in force."""
    return [one for one in registry().providers.values() if is_here(one.plugin)]


def provider_here(name: str) -> PaymentProvider | None:
    """The provider of this name, where its plugin is on for the tenant in force."""
    return next((one for one in providers_here() if one.name == name), None)


def ask_for_payment(
    target: Record | None,
    amount: Money,
    title: str,
    *,
    provider: str = "",
    contact: Contact | None = None,
    email: str = "",
    until: datetime | None = None,
    dedupe: str | None = None,
) -> Payment:
    """Ask for a sum, for a record of any plugin. The row belongs to the caller's transaction; `payment_address` is
    where to send whoever pays, and `payments.payment_paid` tells when they have.

    `provider` names one (`stripe_payments.checkout`); without it the first that is ready here is taken. `title` is
    what payers read. `email` is filled in for them. After `until` nobody can pay any more. With `dedupe` there is one
    payment for that key, ever: a second call returns it as it is, whatever became of it.

    Raises LookupError for a provider that is not on here or a target of no resource, ValueError with a sentence when
    none is set up, for an amount that is not more than nothing, or for an address that is none.
    """
    if amount.minor <= 0:
        raise ValueError(_("Ask for more than nothing."))
    if until is not None and until <= utcnow():
        raise ValueError(_("That moment has passed."))
    key = _key(dedupe)
    there = db.session.scalar(select(Payment).where(Payment.dedupe_key == key)) if key else None
    if there is not None:
        return there
    chosen = _chosen(provider)
    payment = Payment(
        id=(made := uuid7()),
        number=next_number(db.session(), "payments.payment", "P-{year}-{0000}", gapless=False),
        title=" ".join(title.split())[:255],
        amount=amount,
        provider=chosen.name,
        contact_id=None if contact is None else contact.id,
        payer_email=ascii_address(email) if email else None,
        until=until,
        dedupe_key=key or str(made),
        **_about(target),
    )
    db.session.add(payment)
    db.session.flush()
    return payment


def _about(target: Record | None) -> dict[str, str | UUID | None]:
    if target is None:
        return {"target_type": "", "target_id": None}
    entry = registry().by_model.get(type(target))
    if entry is None:
        raise LookupError(f"{type(target).__name__} is of no resource: nobody could open what is paid for.")
    need_records(entry.key)
    return {"target_type": entry.key, "target_id": target.id}


def _key(dedupe: str | None) -> str:
    if dedupe is not None and not 0 < len(dedupe) <= LONGEST_KEY:
        raise ValueError(f"A key has 1 to {LONGEST_KEY} characters.")
    return dedupe or ""


def _chosen(name: str) -> PaymentProvider:
    if name:
        found = provider_here(name)
        if found is None:
            raise LookupError(f"There is no payment provider “{name}” here.")
        if words := found.missing() if found.missing is not None else None:
            raise ValueError(words)
        return found
    ready = [one for one in providers_here() if one.missing is None or not one.missing()]
    if not ready:
        raise ValueError(_("No payment provider is set up. An owner or admin can do it under Settings, Plugins."))
    return ready[0]
