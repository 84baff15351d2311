"""What the tests do in a tenant: ask for a payment, open its page, look at what is stored and told."""

from __future__ import annotations

from sqlalchemy import func, select

from app.events.models import DomainEvent
from app.payments.paying import open_page
from app.sdk import Money, Payment, ask_for_payment

CHECKOUT = "stripe_payments.checkout"
PRICE = Money(12_50, "EUR")


def ask(house, tenant, amount=PRICE, **more):
    with house.inside(tenant) as session:
        payment = ask_for_payment(None, amount, "Ten apples", provider=CHECKOUT, email="nora@example.com", **more)
        session.commit()
        return payment.id


def opened(house, tenant, key):
    """Opens the page of a payment; returns Stripe's id of it."""
    with house.inside(tenant):
        open_page(key)
    return stored(house, tenant, key).page_id


def stored(house, tenant, key, model=Payment):
    with house.inside(tenant) as session:
        row = session.get_one(model, key)
        session.expunge_all()
        return row


def told(house, tenant):
    with house.inside(tenant) as session:
        wanted = select(DomainEvent.name, func.count()).where(DomainEvent.name.startswith("payments."))
        return dict(session.execute(wanted.group_by(DomainEvent.name)).all())
