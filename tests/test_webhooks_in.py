"""Webhooks in: raw bytes verified, stored once, answered fast, processed by a job, nobody's kept apart."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest
from sqlalchemy import select, text

from app.data import platform_session
from app.data.bulk import TOLD
from app.testing.pumping import hurry, pump
from app.webhooks import new_address, release_account, route_account
from app.webhooks.models import QuarantinedWebhook, ReceivedWebhook
from tests.plugins_for_tests.depot.models import Heard
from tests.plugins_for_tests.depot.services import SECRET, TOKEN

PAYMENTS, CHAT = "depot.payments", "depot.chat"
TABLES = "job domain_event depot.heard received_webhook webhook_route quarantined_webhook".split()


@pytest.fixture(autouse=True)
def silence(app, house):
    """Every test begins and ends with nothing waiting."""
    _empty(app)
    yield
    _empty(app)


def _empty(app):
    with app.app_context(), platform_session("tests leave nothing behind") as session:
        for table in TABLES:
            session.execute(text(f"DELETE FROM {table}"), execution_options=TOLD)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def connected(house):
    """Account A is acme's, account B is globex's."""
    for account, tenant in (("A", house.acme), ("B", house.globex)):
        with house.inside(tenant):
            route_account(PAYMENTS, account)
            route_account(CHAT, account)


def pay(client, message, path="/hooks/depot/payments", secrets=(SECRET,), at=None, body=None):
    raw = json.dumps(message).encode() if body is None else body
    at = int(time.time()) if at is None else at
    signs = [hmac.new(one.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest() for one in secrets]
    signature = ",".join([f"t={at}", *(f"v1={one}" for one in signs)])
    return client.post(path, data=raw, headers={"X-Payment-Signature": signature})


def chat(client, *changes, body=None):
    raw = json.dumps({"entry": [{"changes": list(changes)}]}).encode() if body is None else body
    signature = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return client.post("/hooks/depot/chat", data=raw, headers={"X-Hub-Signature-256": signature})


def change(key, account, **more):
    return {"id": key, "phone_number_id": account, **more}


def taken(house, tenant=None):
    with house.inside(tenant) as session:
        rows = session.scalars(select(Heard).where(Heard.handler == "take_in").order_by(Heard.id))
        return [row.data for row in rows]


def received(house, tenant=None):
    with house.inside(tenant) as session:
        rows = list(session.scalars(select(ReceivedWebhook).order_by(ReceivedWebhook.id)))
        session.expunge_all()
    return rows


def quarantined(app):
    with app.app_context(), platform_session("a test looks into quarantine") as session:
        rows = list(session.scalars(select(QuarantinedWebhook).order_by(QuarantinedWebhook.id)))
        session.expunge_all()
    return rows


def test_a_message_is_stored_answered_and_then_processed(app, house, client, connected):
    answer = pay(client, {"id": "evt_1", "account": "A", "sum": 5})
    assert (answer.status_code, answer.json) == (200, {"received": 1})
    assert received(house)[0].state == "waiting"
    assert taken(house) == []
    pump(app)
    assert taken(house) == [{"id": "evt_1", "account": "A", "sum": 5}]
    assert received(house)[0].state == "done"
    assert taken(house, house.globex) == []


def test_the_same_message_has_one_effect_however_often_it_comes(app, house, client, connected):
    for _ in range(3):
        assert pay(client, {"id": "evt_1", "account": "A"}).status_code == 200
    pump(app)
    assert pay(client, {"id": "evt_1", "account": "A"}).status_code == 200
    pump(app)
    assert len(taken(house)) == 1


@pytest.mark.parametrize("fault", ["secret", "old", "body", "none", "future"])
def test_a_bad_signature_leaves_nothing_but_a_count(app, house, client, connected, fault):
    message = {"id": "evt_1", "account": "A"}
    before = _count("bad signature")
    if fault == "secret":
        answer = pay(client, message, secrets=("wrong",))
    elif fault in ("old", "future"):
        answer = pay(client, message, at=int(time.time()) + (1000 if fault == "future" else -1000))
    elif fault == "none":
        answer = client.post("/hooks/depot/payments", data=json.dumps(message))
    else:
        good = json.dumps(message).encode()
        at = int(time.time())
        sign = hmac.new(SECRET.encode(), f"{at}.".encode() + good, hashlib.sha256).hexdigest()
        headers = {"X-Payment-Signature": f"t={at},v1={sign}"}
        answer = client.post("/hooks/depot/payments", data=good + b" ", headers=headers)
    assert answer.status_code == 401
    assert received(house) == []
    assert quarantined(app) == []
    assert _count("bad signature") == before + 1


def _count(outcome):
    from prometheus_client import REGISTRY

    labels = {"source": PAYMENTS, "outcome": outcome}
    return REGISTRY.get_sample_value("tenantry_webhooks_received_total", labels) or 0


def test_one_of_two_secrets_is_enough(house, client, connected):
    assert pay(client, {"id": "evt_1", "account": "A"}, secrets=("old one", SECRET)).status_code == 200


def test_the_raw_bytes_are_what_is_signed(app, house, client, connected):
    body = b'{"id" : "evt_1",\n "account": "A", "name": "Zo\\u00eb"}'
    assert pay(client, None, body=body).status_code == 200
    pump(app)
    assert taken(house)[0]["name"] == "Zoë"


def test_one_post_of_many_tenants_is_taken_apart(app, house, client, connected):
    answer = chat(client, change("1", "A"), change("2", "B"), change("3", "nobody"), change("4", "A", fails=True))
    assert (answer.status_code, answer.json) == (200, {"received": 4})
    pump(app)
    assert [one["id"] for one in taken(house)] == ["1"]
    assert [one["id"] for one in taken(house, house.globex)] == ["2"]
    assert [(row.external_id, row.account) for row in quarantined(app)] == [("3", "nobody")]
    assert {row.external_id: row.state for row in received(house)} == {"1": "done", "4": "waiting"}


def test_a_failing_message_is_tried_again_then_replayed_by_a_person(app, house, client, connected):
    pay(client, {"id": "evt_1", "account": "A", "fails": True})
    for _ in range(3):
        pump(app)
        hurry(app)
    [row] = received(house)
    assert (row.state, row.attempts) == ("dead", 2)
    assert "as it says" in row.last_error
    assert taken(house) == []
    with house.inside() as session:
        session.get(ReceivedWebhook, row.id).data = {"id": "evt_1", "account": "A"}
        session.commit()
    answer = house.api("admin").post(f"/webhooks/received/{row.id}/actions/replay", {})
    assert answer.status_code == 200, answer.text
    pump(app)
    assert received(house)[0].state == "done"
    assert len(taken(house)) == 1


def test_a_message_of_nobody_waits_until_its_account_is_connected(app, house, client):
    for _ in range(2):
        assert pay(client, {"id": "evt_9", "account": "new"}).status_code == 200
    [row] = quarantined(app)
    assert row.times == 2
    operator = house.browser(house.new_person(None, house.acme, operator=True))
    page = operator.get("/operator/quarantine")
    assert page.status_code == 200
    assert "new" in page.text
    with house.inside():
        route_account(PAYMENTS, "new")
    operator.post("/operator/quarantine", data={"action": "deliver", "csrf_token": operator.csrf()})
    pump(app)
    assert [one["id"] for one in taken(house)] == ["evt_9"]
    assert quarantined(app) == []
    assert house.browser("owner").get("/operator/quarantine").status_code == 403


def test_the_operator_throws_a_message_away(app, house, client):
    pay(client, {"id": "evt_9", "account": "new"})
    operator = house.browser(house.new_person(None, house.acme, operator=True))
    form = {"action": "discard", "id": str(quarantined(app)[0].id), "csrf_token": operator.csrf()}
    operator.post("/operator/quarantine", data=form)
    assert quarantined(app) == []


def test_an_account_is_one_tenants(house):
    with house.inside():
        route_account(PAYMENTS, "mine")
        route_account(PAYMENTS, "mine")
    with house.inside(house.globex):
        with pytest.raises(ValueError, match="connected elsewhere"):
            route_account(PAYMENTS, "mine")
        release_account(PAYMENTS, "mine")
        with pytest.raises(ValueError, match="connected elsewhere"):
            route_account(PAYMENTS, "mine")
    with house.inside():
        release_account(PAYMENTS, "mine")
    with house.inside(house.globex):
        route_account(PAYMENTS, "mine")


def test_a_key_in_the_address_names_the_tenant_whatever_the_message_says(app, house, client, connected):
    with house.inside(house.globex):
        address = new_address(PAYMENTS)
    assert pay(client, {"id": "evt_1", "account": "A"}, address).status_code == 200
    pump(app)
    assert taken(house) == []
    assert len(taken(house, house.globex)) == 1
    assert pay(client, {"id": "evt_1"}, "/hooks/depot/payments/wrong").status_code == 404
    key = address.rpartition("/")[2]
    assert pay(client, {"id": "evt_2", "account": "key:" + key}).status_code == 200
    assert [row.external_id for row in quarantined(app)] == ["evt_2"]


def test_the_providers_question_is_answered(client):
    right = f"/hooks/depot/chat?hub.mode=subscribe&hub.verify_token={TOKEN.replace(' ', '%20')}&hub.challenge=1158"
    assert (client.get(right).status_code, client.get(right).text) == (200, "1158")
    assert client.get("/hooks/depot/chat?hub.verify_token=wrong&hub.challenge=1").status_code == 403
    assert client.get("/hooks/depot/payments").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"id": 5, "account": "A"}', b"\xff\x00"])
def test_a_signed_message_that_cannot_be_read_is_refused(house, client, body, connected):
    assert pay(client, None, body=body).status_code == 422
    assert received(house) == []


def test_characters_that_cannot_be_stored_are_replaced(app, house, client, connected):
    assert pay(client, {"id": "evt_1", "account": "A", "text": "a\x00b\ud800"}).status_code == 200
    pump(app)
    assert taken(house)[0]["text"] == "a\ufffdb?"


def test_a_huge_message_is_refused(client):
    assert client.post("/hooks/depot/payments", data=b"x" * 2_000_000).status_code == 413


def test_unknown_addresses_are_not_there(client):
    for path in ("/hooks/depot/other", "/hooks/other/payments"):
        assert client.post(path, data=b"{}").status_code == 404
