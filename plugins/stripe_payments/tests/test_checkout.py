"""Stripe Checkout against a server that speaks its protocol: pages, signed events, refunds, and all that goes wrong."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.installation.settings import save_settings
from app.jobs import run_due
from app.payments.models import PaymentRefund
from app.payments.paying import CannotPay
from app.sdk import Money, ask_for_payment, utcnow
from app.testing.pumping import hurry, pump
from app.webhooks.models import ReceivedWebhook
from plugins.stripe_payments import client as talking
from plugins.stripe_payments.amounts import money_of, stripe_amount
from plugins.stripe_payments.tests.server import signed
from plugins.stripe_payments.tests.shop import CHECKOUT, PRICE, ask, opened, stored, told

# The page -------------------------------------------------------------------------------------------------------------


def test_a_page_is_opened_with_what_was_asked_for(house, tenant, stripe):
    key = ask(house, tenant)
    page = opened(house, tenant, key)
    session = stripe.sessions[page]
    assert (session["amount_total"], session["currency"], session["mode"]) == (1250, "eur", "payment")
    assert (session["client_reference_id"], session["metadata"]) == (str(key), {"tenantry_payment": str(key)})
    assert session["customer_email"] == "nora@example.com"
    assert session["success_url"].startswith(f"http://localhost/t/{tenant.slug}/payments/public/pay/")
    row = stored(house, tenant, key)
    assert row.page_url == session["url"]
    assert abs((row.page_until - utcnow()).total_seconds() - 86_400) < 60


@pytest.mark.parametrize("fault", ["down", "cut"])
def test_asking_again_after_a_broken_call_gives_the_same_page(house, tenant, stripe, fault):
    key = ask(house, tenant)
    setattr(stripe, fault, 1)
    with pytest.raises(CannotPay, match="try again later"):
        opened(house, tenant, key)
    opened(house, tenant, key)
    assert len(stripe.sessions) == 1


def test_a_day_without_stripe_is_nobodys_fault(house, tenant, stripe):
    """What breaks three times in a row is called no more: an outage must not count."""
    key = ask(house, tenant)
    stripe.down, stripe.cut = 3, 5
    for _again in range(5):
        with pytest.raises(CannotPay):
            opened(house, tenant, key)
    stripe.cut = 0
    assert opened(house, tenant, key) in stripe.sessions


def test_many_who_press_at_once_get_one_page(house, tenant, stripe):
    key = ask(house, tenant)
    with ThreadPoolExecutor(6) as pool:
        pages = set(pool.map(lambda _: opened(house, tenant, key), range(12)))
    assert (len(pages), len(stripe.sessions)) == (1, 1)


@pytest.mark.parametrize("minutes", [5, 45, 60 * 30])
def test_the_page_closes_when_the_payment_does_as_far_as_stripe_allows(house, tenant, stripe, minutes):
    key = ask(house, tenant, until=utcnow() + timedelta(minutes=minutes))
    opened(house, tenant, key)
    left = (stored(house, tenant, key).page_until - utcnow()).total_seconds() / 60
    assert abs(left - min(max(minutes, 31), 24 * 60)) < 2


def test_what_stripe_refuses_is_told_to_those_who_can_help(house, tenant, stripe):
    little = ask(house, tenant, Money(10, "EUR"))
    with pytest.raises(CannotPay) as refused:
        opened(house, tenant, little)
    assert "0.50" not in str(refused.value), "not to the payer"
    assert "at least 0.50" in stored(house, tenant, little).problem
    with house.inside(tenant) as session:
        save_settings("stripe_payments", {"secret_key": "sk_test_wrong"})
        session.commit()
    other = ask(house, tenant)
    with pytest.raises(CannotPay):
        opened(house, tenant, other)
    assert "Invalid API Key" in stored(house, tenant, other).problem


def test_without_keys_nothing_can_be_asked_and_admins_are_told(house, stripe):
    bare = house.new_tenant()
    with house.inside(bare), pytest.raises(ValueError, match="secret key is not filled in"):
        ask_for_payment(None, PRICE, "x", provider=CHECKOUT)
    assert "secret key is not filled in" in house.browser("admin", bare).go("/payments/providers/").text
    assert stripe.calls == []


def test_only_the_declared_host_is_called(app, house, tenant, stripe, monkeypatch):
    monkeypatch.setattr(talking, "API", f"http://evil.example:{stripe.port}")
    with pytest.raises(CannotPay):
        opened(house, tenant, ask(house, tenant))
    assert stripe.calls == []


# Events ---------------------------------------------------------------------------------------------------------------


def test_a_paid_session_pays_once(app, house, tenant, stripe, send):
    key = ask(house, tenant)
    event = stripe.pay(opened(house, tenant, key))
    for _again in range(3):
        assert send(event).json == {"received": 1}
    pump(app)
    row = stored(house, tenant, key)
    assert (row.state, row.charge[:3]) == ("paid", "pi_")
    assert told(house, tenant) == {"payments.payment_paid": 1}


def test_fifty_deliveries_at_once(app, house, tenant, stripe, send):
    key = ask(house, tenant)
    event = stripe.pay(opened(house, tenant, key))
    with ThreadPoolExecutor(10) as pool:
        assert {answer.status_code for answer in pool.map(lambda _: send(event), range(50))} == {200}
    pump(app)
    assert told(house, tenant) == {"payments.payment_paid": 1}
    with house.inside(tenant) as session:
        assert session.scalar(select(func.count()).select_from(ReceivedWebhook)) == 1


@pytest.mark.parametrize("fault", ["secret", "old", "body", "none"])
def test_what_stripe_did_not_sign_is_refused(app, house, tenant, stripe, send, fault):
    key = ask(house, tenant)
    event = stripe.pay(opened(house, tenant, key))
    if fault == "secret":
        assert send(event, secret="whsec_other").status_code == 401
    elif fault == "old":
        assert send(event, at=int(time.time()) - 301).status_code == 401
    else:
        body, headers = signed(event)
        headers = {} if fault == "none" else headers
        page = house.browser("admin", tenant).go("/payments/providers/").text
        path = re.search(r"http://localhost(/hooks/[^<]+)<", page).group(1)
        assert app.test_client().post(path, data=body.replace(b"1250", b"1"), headers=headers).status_code == 401
    pump(app)
    assert stored(house, tenant, key).state == "pending"
    with house.inside(tenant) as session:
        assert session.scalars(select(ReceivedWebhook)).all() == []


def test_another_amount_does_not_pay(app, house, tenant, stripe, send):
    key = ask(house, tenant)
    page = opened(house, tenant, key)
    stripe.sessions[page]["amount_total"] = 1000
    send(stripe.pay(page))
    pump(app)
    row = stored(house, tenant, key)
    assert row.state == "pending"
    assert "10.00 EUR came" in row.problem


def test_a_bank_that_takes_days(app, house, tenant, stripe, send):
    good, bad = ask(house, tenant), ask(house, tenant)
    pages = [opened(house, tenant, key) for key in (good, bad)]
    for page in pages:
        assert send(stripe.pay(page, waits_for_bank=True)).json == {"received": 0}
    stripe.sessions[pages[0]]["payment_status"] = "paid"
    send(stripe.event("checkout.session.async_payment_succeeded", stripe.sessions[pages[0]]))
    send(stripe.event("checkout.session.async_payment_failed", stripe.sessions[pages[1]]))
    pump(app)
    assert (stored(house, tenant, good).state, stored(house, tenant, bad).state) == ("paid", "failed")
    assert opened(house, tenant, bad) not in pages, "they can try again"


def test_events_out_of_order(app, house, tenant, stripe, send):
    key = ask(house, tenant)
    page = opened(house, tenant, key)
    paid = stripe.pay(page)
    charge = stripe.charges[stripe.sessions[page]["payment_intent"]]
    events = [paid, stripe.event("charge.refunded", charge | {"amount_refunded": 1250})]
    events += [stripe.event("charge.refunded", charge | {"amount_refunded": 500})]
    events += [stripe.event("checkout.session.expired", stripe.sessions[page] | {"status": "expired"})]
    for event in reversed(events):
        assert send(event).status_code == 200
        pump(app)
    row = stored(house, tenant, key)
    assert (row.state, row.refunded) == ("refunded", PRICE)
    assert told(house, tenant)["payments.payment_paid"] == 1


def test_other_things_of_the_account_are_not_ours(app, house, tenant, stripe, send):
    thing = {"id": "cs_test_shop", "metadata": {}, "status": "complete", "payment_status": "paid"}
    for kind, found in (
        ("checkout.session.completed", thing),
        ("checkout.session.completed", thing | {"metadata": {"tenantry_payment": "x"}}),
        ("customer.created", {"id": "cus_1"}),
        ("payment_intent.succeeded", {"id": "pi_9", "metadata": {"tenantry_payment": str(ask(house, tenant))}}),
    ):
        assert send(stripe.event(kind, found)).json == {"received": 0}
    assert send({"id": "evt_1"}).status_code == 422


def test_a_page_that_expired_is_replaced(app, house, tenant, stripe, send):
    key = ask(house, tenant)
    first = opened(house, tenant, key)
    send(stripe.expire(first))
    pump(app)
    assert stored(house, tenant, key).state == "pending"
    second = opened(house, tenant, key)
    assert second != first
    send(stripe.pay(second))
    pump(app)
    assert stored(house, tenant, key).state == "paid"


def test_what_no_event_told_is_asked_for(app, house, tenant, stripe):
    key = ask(house, tenant)
    stripe.pay(opened(house, tenant, key))
    assert house.api("manager", tenant).post(f"/payments/payment/{key}/actions/ask_provider").status_code == 200
    pump(app)
    assert stored(house, tenant, key).state == "paid"


# Refunds --------------------------------------------------------------------------------------------------------------


def back(house, tenant, key, amount=None):
    given = {} if amount is None else {"amount": {"amount": amount, "currency": "EUR"}, "reason": "Bruised"}
    assert house.api("manager", tenant).post(f"/payments/payment/{key}/actions/give_back", given).status_code == 200


@pytest.mark.parametrize("fault", ["", "down", "cut"])
def test_money_is_given_back_once(app, house, tenant, stripe, send, fault):
    key = ask(house, tenant)
    send(stripe.pay(opened(house, tenant, key)))
    pump(app)
    if fault:
        setattr(stripe, fault, 1)
    back(house, tenant, key, "5.00")
    for _round in range(3):
        run_due(app)
        hurry(app)
    [made] = stripe.refunds
    assert (made["amount"], made["metadata"]["reason"]) == (500, "Bruised")
    row = stored(house, tenant, key)
    assert (row.state, row.refunded) == ("paid", Money(500, "EUR"))
    charge = stripe.charges[row.charge]
    send(stripe.event("charge.refunded", charge))
    pump(app)
    assert stored(house, tenant, key).refunded == Money(500, "EUR")
    back(house, tenant, key)
    pump(app)
    assert stored(house, tenant, key).state == "refunded"
    assert charge["amount_refunded"] == 1250


def test_more_than_stripe_has_is_declined_in_its_words(app, house, tenant, stripe, send):
    key = ask(house, tenant)
    send(stripe.pay(opened(house, tenant, key)))
    pump(app)
    stripe.charges[stored(house, tenant, key).charge]["amount_refunded"] = 1000  # on Stripe's own pages, not told yet
    back(house, tenant, key)
    pump(app)
    with house.inside(tenant) as session:
        [row] = session.scalars(select(PaymentRefund)).all()
        assert row.state == "failed"
        assert "greater than unrefunded" in row.error
    assert stored(house, tenant, key).refunded is None


# Amounts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money.of("12.50", "USD"), 1250),
        (Money.of("1250", "JPY"), 1250),
        (Money.of("12.500", "KWD"), 12500),
        (Money.of("5", "UGX"), 500),
        (Money.of("5", "ISK"), 500),
        (Money.of("5", "KRW"), 5),
    ],
)
def test_amounts_by_currency_both_ways(money, amount):
    assert stripe_amount(money) == amount
    assert money_of(amount, money.currency.lower()) == money


def test_parts_that_stripe_does_not_take(app):
    with app.test_request_context(), pytest.raises(ValueError, match="KWD"):
        stripe_amount(Money.of("12.505", "KWD"))
