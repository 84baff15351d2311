"""Payments: asked for once, paid on one page, told once however often it is said, given back to the cent."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from app.contacts.models import Contact
from app.data import Money, utcnow
from app.events.models import DomainEvent
from app.features.access_rules import AccessRule
from app.host import Declined, Outcome, PaymentProvider, Plugin
from app.host.claims import ClaimError
from app.host.lifecycle import switch
from app.host.payments import check_providers
from app.jobs import enqueue, run_due
from app.messaging.models import Notification
from app.payments import Payment, ask_for_payment, payment_address
from app.payments.models import PaymentRefund
from app.payments.outcomes import take_outcome
from app.payments.paying import CannotPay, open_page
from app.payments.states import MOVES, may_move
from app.testing.pumping import discard_pending, hurry, pump
from app.webhooks.models import ReceivedWebhook
from tests.plugins_for_tests.orchard import barter

BARTER = "orchard.barter"
PRICE = Money(12_50, "EUR")
_messages = count(1)


@pytest.fixture
def tenant(app, house):
    discard_pending(app)
    barter.forget()
    yield house.new_tenant()
    barter.forget()


def ask(house, tenant, **more):
    """A payment that was asked for; returns its id."""
    with house.inside(tenant) as session:
        amount = more.pop("amount", PRICE)
        payment = ask_for_payment(more.pop("target", None), amount, "Ten apples", provider=BARTER, **more)
        session.commit()
        return payment.id


def stored(house, tenant, key):
    with house.inside(tenant) as session:
        row = session.get_one(Payment, key)
        session.expunge_all()
        return row


def opened(house, tenant, key):
    with house.inside(tenant):
        return open_page(key)


def paid(key, amount=PRICE, **more):
    return Outcome(key, "paid", amount, charge=more.pop("charge", "ch_1"), **more)


def said(house, tenant, *outcomes):
    with house.inside(tenant) as session:
        for outcome in outcomes:
            take_outcome(BARTER, outcome)
            session.commit()


def told(house, tenant, name=""):
    """How often each event of payments was published."""
    with house.inside(tenant) as session:
        wanted = select(DomainEvent.name, func.count()).where(DomainEvent.name.startswith("payments."))
        found = dict(session.execute(wanted.group_by(DomainEvent.name)).all())
    short = {one.removeprefix("payments.payment_"): times for one, times in found.items()}
    return short.get(name, 0) if name else short


@pytest.fixture
def inlet(app, house, tenant):
    """Sends messages to the tenant's address as the provider would."""
    browser = house.browser("admin", tenant)
    assert browser.send("/payments/providers/", {"provider": BARTER}).status_code == 303
    page = browser.go("/payments/providers/").text
    path = page.partition("http://localhost")[2].partition("<")[0]

    def send(outcome, message="", secret=barter.SECRET):
        body = {"id": message or f"msg_{next(_messages)}", "outcome": outcome.as_json()}
        return app.test_client().post(path, data=json.dumps(body), headers={"X-Barter": secret})

    return send


# Asking ---------------------------------------------------------------------------------------------------------------


def test_a_payment_is_a_row_of_the_callers_transaction(house, tenant):
    with house.inside(tenant) as session:
        nora = Contact(full_name="Nora")
        session.add(nora)
        session.flush()
        payment = ask_for_payment(nora, PRICE, "Ten\napples", contact=nora, email="Nora@Example.com", dedupe="order 7")
        assert (payment.title, payment.state, payment.payer_email) == ("Ten apples", "pending", "nora@example.com")
        assert (payment.target_type, payment.target_id, payment.provider) == ("contacts.contact", nora.id, BARTER)
        assert payment.number.startswith("P-")
        assert ask_for_payment(nora, Money(1, "USD"), "Other", dedupe="order 7") is payment, "once for a key"
        session.rollback()
        assert session.scalars(select(Payment)).all() == []
    assert barter.asked == [], "nobody was asked anything"


def test_a_payment_names_its_provider_by_its_title(house, tenant):
    key = ask(house, tenant)
    page = house.browser("admin", tenant).go(f"/payments/payment/{key}").text
    assert "Barter" in page
    assert BARTER not in page


def test_what_cannot_be_asked_for_is_refused_in_words(house, tenant):
    with house.inside(tenant) as session:
        for amount in (Money(0, "EUR"), Money(-5, "EUR")):
            with pytest.raises(ValueError, match="more than nothing"):
                ask_for_payment(None, amount, "x", provider=BARTER)
        with pytest.raises(ValueError, match="has passed"):
            ask_for_payment(None, PRICE, "x", provider=BARTER, until=utcnow() - timedelta(seconds=1))
        with pytest.raises(ValueError, match="e-mail"):
            ask_for_payment(None, PRICE, "x", provider=BARTER, email="nobody")
        with pytest.raises(LookupError):
            ask_for_payment(None, PRICE, "x", provider="orchard.gold")
        with pytest.raises(LookupError):
            ask_for_payment(AccessRule(role="agent", resource="x"), PRICE, "x", provider="orchard.absent")
        switch(tenant, "orchard", "off")
        session.commit()
        with pytest.raises(LookupError):
            ask_for_payment(None, PRICE, "x", provider=BARTER)


# The page of the payer ------------------------------------------------------------------------------------------------


def test_the_payer_needs_no_account_and_looking_changes_nothing(app, house, tenant):
    key = ask(house, tenant)
    with house.inside(tenant) as session:
        address = payment_address(session.get_one(Payment, key))
    path = address.removeprefix("http://localhost")
    client = app.test_client()
    page = client.get(path)
    assert page.status_code == 200
    assert "Ten apples" in page.text
    assert "12.50" in page.text
    assert "A tenant" in page.text, "who asks for it"
    assert barter.asked == []
    gone = client.post(path)
    assert gone.headers["Refresh"] == f"0; url=https://barter.example/{key}:1"
    assert f'href="https://barter.example/{key}:1"' in gone.text
    [asked] = barter.asked
    assert (asked.key, asked.amount, asked.back) == (f"{key}:1", PRICE, address)
    for wrong in (path[:-8] + "x" * 8, path.replace(tenant.slug, house.globex.slug)):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong).status_code == 404


def test_one_page_is_open_at_a_time(house, tenant):
    key = ask(house, tenant)
    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(lambda _: opened(house, tenant, key), range(16)))
    assert len(urls) == 1
    assert {one.key for one in barter.asked} == {f"{key}:1"}
    said(house, tenant, Outcome(key, "expired", page_id=f"page-{key}:1"))
    assert stored(house, tenant, key).state == "pending", "the page closed, the payment is still wanted"
    assert opened(house, tenant, key).endswith(":2")


@pytest.mark.parametrize("fault", [Declined("This account is closed."), RuntimeError("down")])
def test_a_provider_that_does_not_answer_costs_nothing_but_patience(house, tenant, fault):
    key = ask(house, tenant)
    barter.faults.append(fault)
    with pytest.raises(CannotPay, match="try again later"):
        opened(house, tenant, key)
    assert stored(house, tenant, key).problem == ("This account is closed." if isinstance(fault, Declined) else None)
    assert opened(house, tenant, key).endswith(f"{key}:1"), "the same page is asked for again"
    assert stored(house, tenant, key).problem is None


def test_what_is_paid_or_late_cannot_be_paid(house, tenant):
    done, late = ask(house, tenant), ask(house, tenant, until=utcnow() + timedelta(hours=1))
    said(house, tenant, paid(done))
    with house.inside(tenant) as session:
        session.get_one(Payment, late).until = utcnow() - timedelta(minutes=1)
        session.commit()
    for key in (done, late):
        with pytest.raises(CannotPay, match="any more"):
            opened(house, tenant, key)


# What the provider says -----------------------------------------------------------------------------------------------


def test_a_message_pays_and_everybody_hears_once(app, house, tenant, inlet):
    key = ask(house, tenant)
    opened(house, tenant, key)
    for _again in range(3):
        assert inlet(paid(key, receipt="https://barter.example/receipt"), "msg_paid").status_code == 200
    pump(app)
    row = stored(house, tenant, key)
    assert (row.state, row.charge, row.receipt) == ("paid", "ch_1", "https://barter.example/receipt")
    assert row.paid_at is not None
    assert told(house, tenant) == {"paid": 1}


def test_a_message_that_is_not_signed_or_not_ours_pays_nothing(app, house, tenant, inlet):
    key = ask(house, tenant)
    assert inlet(paid(key), secret="pears").status_code == 401
    strangers = ask(house, house.globex)
    assert inlet(paid(strangers), "msg_stranger").status_code == 200
    pump(app)
    assert stored(house, tenant, key).state == "pending"
    assert stored(house, house.globex, strangers).state == "pending"
    with house.inside(tenant) as session:
        [row] = session.scalars(select(ReceivedWebhook)).all()
        assert "There is no payment" in row.last_error


def test_fifty_at_once_change_it_once(app, house, tenant, inlet):
    """The same message, and messages of their own that say the same, by many threads, with many workers behind."""
    key = ask(house, tenant)
    opened(house, tenant, key)
    names = ["msg_same"] * 25 + [f"msg_{number}_{key}" for number in range(25)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda name: inlet(paid(key), name).status_code, names))
    assert answers == [200] * 50
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: run_due(app), range(4)))
    hurry(app)
    pump(app)
    row = stored(house, tenant, key)
    assert (row.state, row.problem) == ("paid", None)
    assert told(house, tenant) == {"paid": 1}
    with house.inside(tenant) as session:
        states = session.execute(select(ReceivedWebhook.state, func.count()).group_by(ReceivedWebhook.state)).all()
        assert [tuple(one) for one in states] == [("done", 26)]


def test_a_sum_that_does_not_fit_is_not_paid_and_somebody_hears(app, house, tenant):
    key = ask(house, tenant)
    for amount in (Money(12_49, "EUR"), Money(12_50, "USD"), Money(12_51, "EUR"), None):
        said(house, tenant, Outcome(key, "paid", amount))
        assert stored(house, tenant, key).state == "pending"
    assert told(house, tenant) == {}
    with house.inside(tenant) as session:
        rows = session.scalars(select(Notification).where(Notification.kind == "payments.payment_problem")).all()
        assert len(rows) == 8, "owner and admin, for each"
    said(house, tenant, paid(key))
    assert stored(house, tenant, key).problem is None


def test_paying_twice_is_noticed(house, tenant):
    key = ask(house, tenant)
    said(house, tenant, paid(key), paid(key), paid(key, charge="ch_2"))
    assert "ch_2" in stored(house, tenant, key).problem
    assert told(house, tenant) == {"paid": 1}


def test_news_that_overtake_each_other_end_in_the_same(house, tenant):
    back = lambda minor: lambda key: Outcome(key, "refunded", Money(minor, "EUR"), charge="ch_1")  # noqa: E731
    failed = lambda key: Outcome(key, "failed", page_id=f"page-{key}:1", reason="No money")  # noqa: E731
    news = [paid, failed, back(500), back(12_50)]
    for _round in range(12):
        order = news * 2
        random.shuffle(order)
        key = ask(house, tenant)
        opened(house, tenant, key)
        said(house, tenant, *(one(key) for one in order))
        row = stored(house, tenant, key)
        assert (row.state, row.refunded) == ("refunded", PRICE), [one.__name__ for one in order]
    assert told(house, tenant, "paid") == 12


def test_every_step_is_one_of_the_legal_moves(house, tenant):
    """Whatever is said in whatever order, no payment takes a step that the table of moves does not have."""
    kinds = ["paid", "failed", "expired", "refunded"]
    dice = random.Random(7)
    for _round in range(10):
        key = ask(house, tenant)
        before = "pending"
        for _step in range(8):
            if dice.random() < 0.3 and before in ("pending", "failed"):
                opened(house, tenant, key)
                before = stored(house, tenant, key).state
            page = stored(house, tenant, key).page_id or ""
            amount = Money(dice.choice([1, 600, 12_50, 99_99]), "EUR")
            said(house, tenant, Outcome(key, dice.choice(kinds), amount, page_id=dice.choice([page, "other"])))
            after = stored(house, tenant, key)
            ways = [(before, after.state)] if after.state != "refunded" else [(before, "paid"), ("paid", "refunded")]
            assert before == after.state or all(one == other or may_move(one, other) for one, other in ways), ways
            assert (after.state == "refunded") == (after.refunded == PRICE)
            before = after.state
    assert set(MOVES) == {"pending", "paid", "failed", "expired", "refunded"}


def test_a_failure_is_told_and_can_be_tried_again(house, tenant):
    key = ask(house, tenant)
    opened(house, tenant, key)
    said(house, tenant, Outcome(key, "failed", page_id="page-other", reason="Old news"))
    assert stored(house, tenant, key).state == "pending"
    said(house, tenant, Outcome(key, "failed", page_id=f"page-{key}:1", reason="No money"))
    row = stored(house, tenant, key)
    assert (row.state, row.problem) == ("failed", "No money")
    assert opened(house, tenant, key).endswith(":2")
    assert stored(house, tenant, key).state == "pending"
    said(house, tenant, paid(key))
    assert told(house, tenant) == {"failed": 1, "paid": 1}


# Asking the provider, and running out of time -------------------------------------------------------------------------


def test_news_that_did_not_come_are_asked_for(app, house, tenant):
    key, idle = ask(house, tenant), ask(house, tenant)
    opened(house, tenant, key)
    barter.known[f"page-{key}:1"] = paid(key)
    _hour(app, house, tenant)
    assert (stored(house, tenant, key).state, stored(house, tenant, idle).state) == ("paid", "pending")


def test_who_does_not_pay_in_time_is_let_go_and_late_money_is_not_denied(app, house, tenant):
    key, under_way = (ask(house, tenant, until=utcnow() + timedelta(hours=1)) for _ in range(2))
    opened(house, tenant, under_way)
    with house.inside(tenant) as session:
        for one in (key, under_way):
            session.get_one(Payment, one).until = utcnow() - timedelta(minutes=1)
        session.commit()
    _hour(app, house, tenant)
    assert (stored(house, tenant, key).state, stored(house, tenant, under_way).state) == ("expired", "pending")
    said(house, tenant, Outcome(under_way, "expired", page_id=f"page-{under_way}:1"))
    assert stored(house, tenant, under_way).state == "expired"
    assert told(house, tenant) == {"expired": 2}
    said(house, tenant, paid(under_way))
    assert stored(house, tenant, under_way).state == "paid"


def _hour(app, house, tenant):
    with house.inside(tenant) as session:
        enqueue("payments.look_at_open")
        session.commit()
    pump(app)


def test_calling_off(house, tenant):
    key = ask(house, tenant)
    api = house.api("manager", tenant)
    assert api.post(f"/payments/payment/{key}/actions/call_off").status_code == 200
    assert stored(house, tenant, key).state == "expired"
    assert api.post(f"/payments/payment/{key}/actions/call_off").status_code == 409
    assert house.api("agent", tenant).post(f"/payments/payment/{key}/actions/call_off").status_code == 403


# Giving back ----------------------------------------------------------------------------------------------------------


def refund(house, tenant, key, amount=None, role="manager"):
    given = {} if amount is None else {"amount": {"amount": amount, "currency": "EUR"}, "reason": "Bruised"}
    return house.api(role, tenant).post(f"/payments/payment/{key}/actions/give_back", given)


def refunds(house, tenant):
    with house.inside(tenant) as session:
        found = session.scalars(select(PaymentRefund).order_by(PaymentRefund.id)).all()
        session.expunge_all()
        return found


def test_giving_back_in_parts_to_the_cent(app, house, tenant):
    key = ask(house, tenant)
    assert refund(house, tenant, key).status_code == 409, "not paid yet"
    said(house, tenant, paid(key))
    assert refund(house, tenant, key, "5.00").status_code == 200
    assert refund(house, tenant, key, "7.51").status_code == 409, "what is under way counts"
    assert refund(house, tenant, key, role="agent").status_code == 403
    pump(app)
    row = stored(house, tenant, key)
    assert (row.state, row.refunded) == ("paid", Money(500, "EUR"))
    said(house, tenant, Outcome(key, "refunded", Money(500, "EUR"), charge="ch_1"))
    assert told(house, tenant) == {"paid": 1, "refunded": 1}, "the provider's message of it is no news"
    assert refund(house, tenant, key).status_code == 200
    pump(app)
    row = stored(house, tenant, key)
    assert (row.state, row.refunded) == ("refunded", PRICE)
    assert [one.amount for one in barter.refunds] == [Money(500, "EUR"), Money(750, "EUR")]
    assert [one.reason for one in barter.refunds] == ["Bruised", ""]
    assert [one.state for one in refunds(house, tenant)] == ["done", "done"]


def test_a_refund_that_breaks_is_tried_again_under_the_same_key(app, house, tenant):
    key = ask(house, tenant)
    said(house, tenant, paid(key))
    barter.faults.append(ConnectionError("cut"))
    refund(house, tenant, key)
    run_due(app)
    assert [one.state for one in refunds(house, tenant)] == ["doing"]
    hurry(app)
    pump(app)
    [row] = refunds(house, tenant)
    assert (row.state, row.provider_id) == ("done", f"back-{row.id}")
    assert [one.key for one in barter.refunds] == [str(row.id)]


def test_a_refund_that_is_declined_changes_nothing(app, house, tenant):
    key = ask(house, tenant)
    said(house, tenant, paid(key))
    barter.faults.append(Declined("Too old."))
    refund(house, tenant, key)
    pump(app)
    [row] = refunds(house, tenant)
    assert (row.state, row.error) == ("failed", "Too old.")
    assert stored(house, tenant, key).refunded is None
    assert refund(house, tenant, key).status_code == 200, "it can be asked for again"


def test_two_who_give_back_at_once_do_not_give_back_twice(app, house, tenant):
    key = ask(house, tenant)
    said(house, tenant, paid(key))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: refund(house, tenant, key).status_code, range(6)))
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]
    pump(app)
    assert len(barter.refunds) == 1


# Who sees what --------------------------------------------------------------------------------------------------------


def test_a_payment_is_seen_with_what_it_is_for(house, tenant):
    nora = Contact(full_name="Nora")
    house.add(nora, tenant=tenant)
    with house.inside(tenant) as session:
        ask_for_payment(session.get_one(Contact, nora.id), PRICE, "Apples for Nora", provider=BARTER)
        session.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"))
        session.commit()
        key = session.scalars(select(Payment.id)).one()
    panel = house.browser("manager", tenant).go(f"/payments/payment/{key}/related/payments__target").text
    assert f"/contacts/contact/{nora.id}" in panel
    assert "Apples for Nora" in house.browser("manager", tenant).go("/payments/payment/").text
    assert "Apples for Nora" not in house.browser("agent", tenant).go("/payments/payment/").text
    assert house.browser("viewer", tenant).go("/payments/payment/").status_code == 403


def test_the_page_of_providers_is_for_admins_and_makes_one_address(house, tenant, statements):
    admin = house.browser("admin", tenant)
    assert house.browser("manager", tenant).go("/payments/providers/").status_code == 403
    assert admin.send("/payments/providers/", {"provider": "orchard.gold"}).status_code == 404
    for _twice in range(2):
        admin.send("/payments/providers/", {"provider": BARTER})
    statements.clear()
    page = admin.go("/payments/providers/").text
    assert len(statements) <= 8
    assert page.count("/hooks/orchard/barter/") == 1


def test_who_is_forgotten_leaves_the_sums(house, tenant):
    with house.inside(tenant) as session:
        nora = Contact(full_name="Nora")
        session.add(nora)
        session.flush()
        payment = ask_for_payment(None, PRICE, "Apples", provider=BARTER, contact=nora, email="nora@example.com")
        session.commit()
        module = house.app.extensions["tenantry"].modules["payments"]
        [told_of] = module.export_contact(nora)["payments"]
        assert (told_of["number"], told_of["amount"]) == (payment.number, "12.50 EUR")
        assert module.erase_contact(nora) == [payment.id]
        assert (payment.contact_id, payment.payer_email, payment.amount) == (None, None, PRICE)


def test_a_provider_lies_inside_its_name_and_knows_everything():
    whole = barter.start, barter.look, barter.refund, barter.verify, barter.secrets, barter.read
    check_providers(Plugin("garage", "Garage"), [PaymentProvider("garage.bank", "Bank", *whole)])
    for wrong in (
        PaymentProvider("orchard.bank", "Bank", *whole),
        PaymentProvider("garage.bank", "Bank", None, *whole[1:]),
    ):
        with pytest.raises(ClaimError):
            check_providers(Plugin("garage", "Garage"), [wrong])
