"""Pages that nobody should pay on any more are closed at Stripe; what was paid in time, and is owed, stays so."""

from __future__ import annotations

import pytest

from app.host.lifecycle import switch
from app.installation.closing import close_tenant
from app.jobs import run_due
from app.payments.models import PaymentRefund
from app.payments.paying import CannotPay
from app.sdk import Money
from app.testing.pumping import hurry, pump
from plugins.stripe_payments.tests.shop import ask, opened, stored, told


def turn(house, tenant, state):
    with house.inside(tenant) as session:
        switch(tenant, "stripe_payments", state)
        session.commit()


def test_switched_off_its_pages_close(app, house, tenant, stripe):
    keys = [ask(house, tenant) for _number in range(3)]
    pages = [opened(house, tenant, key) for key in keys[:2]]
    turn(house, tenant, "off")
    pump(app)
    assert [stripe.sessions[page]["status"] for page in pages] == ["expired", "expired"]
    assert stored(house, tenant, keys[0]).state == "pending", "it can be paid when Stripe is on again"
    with pytest.raises(CannotPay, match="not taken here"):
        opened(house, tenant, keys[0])
    turn(house, tenant, "on")
    assert opened(house, tenant, keys[0]) not in pages


def test_who_was_quicker_has_paid(app, house, tenant, stripe):
    key = ask(house, tenant)
    stripe.pay(opened(house, tenant, key))  # the event of it gets lost
    turn(house, tenant, "off")
    pump(app)
    assert stored(house, tenant, key).state == "paid"
    assert told(house, tenant)["payments.payment_paid"] == 1


def test_a_page_closes_after_stripe_was_down(app, house, tenant, stripe):
    page = opened(house, tenant, ask(house, tenant))
    stripe.down = 1
    turn(house, tenant, "off")
    for _round in range(3):
        run_due(app)
        hurry(app)
    assert stripe.sessions[page]["status"] == "expired"


def test_what_is_called_off_cannot_be_paid(app, house, tenant, stripe):
    key = ask(house, tenant)
    page = opened(house, tenant, key)
    assert house.api("owner", tenant).post("/payments/payment/actions/call_off", {"ids": [str(key)]}).status_code == 200
    pump(app)
    assert stripe.sessions[page]["status"] == "expired"
    assert stored(house, tenant, key).state == "expired"


def test_a_tenant_that_leaves_closes_its_pages(app, house, tenant, stripe):
    pages = [opened(house, tenant, ask(house, tenant)) for _number in range(2)]
    with app.app_context():
        assert close_tenant(tenant) == []
    assert [stripe.sessions[page]["status"] for page in pages] == ["expired", "expired"]


def test_the_operator_hears_of_pages_that_stay_open(app, house, tenant, stripe):
    opened(house, tenant, ask(house, tenant))
    stripe.down = 9
    with app.app_context():
        assert close_tenant(tenant) == ["stripe_payments"]


def test_money_that_is_owed_is_given_back_though_stripe_is_off(app, house, tenant, stripe, send):
    key = ask(house, tenant)
    assert send(stripe.pay(opened(house, tenant, key))).status_code == 200
    pump(app)
    turn(house, tenant, "off")
    answer = house.api("owner", tenant).post(f"/payments/payment/{key}/actions/give_back", {})
    assert answer.status_code == 200, answer.text
    pump(app)
    assert stripe.refunds[0]["amount"] == 1250
    row = stored(house, tenant, key)
    assert (row.state, row.refunded) == ("refunded", Money(12_50, "EUR"))
    with house.inside(tenant) as session:
        assert [one.state for one in session.query(PaymentRefund)] == ["done"]
