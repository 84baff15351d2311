"""Webhooks out: signed, sent again, recorded, and no endpoint starves another or leads inside."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from standardwebhooks import Webhook

from app.data import platform_session, utcnow
from app.data.bulk import TOLD
from app.events.models import DomainEvent
from app.jobs import run_due
from app.screens.rest.idempotency import IdempotencyKey
from app.testing.pumping import hurry, pump
from app.webhooks import delivering
from app.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.answering import Answering
from tests.plugins_for_tests.depot.models import Parcel

ENDPOINT = "/webhooks/endpoint"


@pytest.fixture(autouse=True)
def silence(app, house):
    """Every test begins and ends with nothing waiting."""
    _empty(app)
    yield
    _empty(app)


def _empty(app):
    with app.app_context(), platform_session("tests leave nothing behind") as session:
        for table in ("job", "domain_event", "webhook_endpoint", "depot.heard", "depot.parcel", "contact"):
            session.execute(text(f"DELETE FROM {table}"), execution_options=TOLD)


@pytest.fixture
def receiver(app):
    """A server of the customer's, which this installation may call."""
    before = app.config["TENANTRY"]
    with Answering() as server:
        app.config["TENANTRY"] = replace(
            before, outbound_http=True, outbound_ports=tuple(range(1024, 65536)), outbound_networks=("127.0.0.0/8",)
        )
        yield server
    app.config["TENANTRY"] = before


def endpoint(house, url, events="*", tenant=None, **more):
    answer = house.api("admin", tenant).post(ENDPOINT, {"url": url, "events": events, **more})
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def secret(house, key, action="show_secret"):
    answer = house.api("admin").post(f"{ENDPOINT}/{key}/actions/{action}", {})
    assert answer.status_code == 200, answer.text
    return next(word for word in answer.json["message"].split() if word.startswith("whsec_"))


def happen(house, code="W-1", tenant=None):
    return house.add(Parcel(code=code), tenant=tenant)[0]


def rows(house, model, tenant=None):
    with house.inside(tenant) as session:
        found = list(session.scalars(select(model).order_by(model.id)))
        session.expunge_all()
    return found


def pause_of(house, delivery):
    """Seconds from the last attempt, however late we look, to the next one."""
    return (delivery.next_attempt_at - rows(house, WebhookAttempt)[-1].created_at).total_seconds()


def wake_up(app):
    """Let every rest and pause pass."""
    with app.app_context(), platform_session("a test cannot wait") as session:
        session.execute(text("UPDATE webhook_delivery SET next_attempt_at = now() WHERE state = 'waiting'"))
        session.execute(text("UPDATE webhook_endpoint SET resting_until = NULL"), execution_options=TOLD)
    hurry(app)


def test_an_event_arrives_signed_and_an_independent_implementation_believes_it(app, house, receiver):
    key = endpoint(house, receiver.url + "in")
    signing = secret(house, key)
    parcel = happen(house)
    pump(app)
    [request] = receiver.requests
    with house.inside() as session:
        via = session.scalars(select(DomainEvent)).one().payload["via"]
    told = Webhook(signing).verify(request.body, {k.lower(): v for k, v in request.headers.items()})
    assert told["type"] == "depot.parcel_created"
    assert told["data"] == {"id": str(parcel), "resource": "depot.parcel", "changed": [], "via": via}
    assert told["id"] == request.headers["webhook-id"]
    assert request.path == "/in"
    [delivery] = rows(house, WebhookDelivery)
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 200)
    [attempt] = rows(house, WebhookAttempt)
    assert attempt.response_body == "ok"
    assert "webhook-signature" in attempt.request_head


def test_only_chosen_events_arrive(app, house, receiver):
    endpoint(house, receiver.url + "a", "contacts.*\ndepot.parcel_updated")
    endpoint(house, receiver.url + "b", "depot.parcel_created")
    happen(house)
    pump(app)
    assert [one.path for one in receiver.requests] == ["/b"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://u:p@name.example/"}, "url"), ({"url": "ftp://name.example/"}, "url"),
        ({"url": "https://name.example:22/"}, "url"), ({"url": "http://name.example/"}, "url"),
        ({"url": "https://name.example/", "events": "depot.nothing_happened"}, "events"),
        ({"url": "https://name.example/", "events": " \n"}, "events"),
    ],
)  # fmt: skip
def test_an_endpoint_that_cannot_work_is_refused_in_words(house, values, field):
    answer = house.api("admin").post(ENDPOINT, {"events": "*", **values})
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"]


def test_an_address_inside_is_an_attempt_that_failed(app, house):
    key = endpoint(house, "https://localhost/")
    happen(house)
    pump(app)
    [attempt] = rows(house, WebhookAttempt)
    assert "not a public address" in attempt.outcome
    assert rows(house, WebhookEndpoint)[0].failures == 1
    assert str(rows(house, WebhookEndpoint)[0].id) == key


def test_agents_see_no_endpoints_and_nobody_sees_a_secret(house, receiver):
    key = endpoint(house, receiver.url)
    assert house.api("agent").get(ENDPOINT).status_code == 403
    assert house.api("owner", house.globex).get(f"{ENDPOINT}/{key}").status_code == 404
    shown = house.api("owner").get(f"{ENDPOINT}/{key}")
    assert "whsec" not in shown.text
    assert not {"secret", "old_secret"} & set(shown.json)
    assert "whsec" not in house.browser("owner").go(f"{ENDPOINT}/{key}").text
    stored = rows(house, WebhookEndpoint)[0]
    assert stored.secret.startswith("s1.")


def test_a_secret_is_not_kept_for_a_second_request_of_the_same_key(house, receiver):
    key, once = endpoint(house, receiver.url), {"Idempotency-Key": "once"}
    path = f"{ENDPOINT}/{key}/actions/show_secret"
    first, second = (house.api("admin").post(path, {}, headers=once) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert "whsec_" in first.json["message"]
    assert second.json == {**first.json, "message": "It was shown once, and is not kept."}
    with house.inside() as session:
        stored = session.scalar(select(IdempotencyKey.body).where(IdempotencyKey.key == "once"))
    assert b"whsec_" not in stored


def test_the_secret_is_shown_once_and_two_sign_while_it_is_replaced(app, house, receiver):
    key = endpoint(house, receiver.url)
    old = secret(house, key)
    again = house.api("admin").post(f"{ENDPOINT}/{key}/actions/show_secret", {})
    assert again.status_code == 409, again.text
    new = secret(house, key, "rotate_secret")
    assert new != old
    happen(house)
    pump(app)
    headers = {k.lower(): v for k, v in receiver.requests[0].headers.items()}
    for one in (old, new):
        Webhook(one).verify(receiver.requests[0].body, headers)
    with house.inside() as session:
        session.get(WebhookEndpoint, rows_id(key)).old_secret_until = utcnow() - timedelta(seconds=1)
        session.commit()
    happen(house, "W-2")
    pump(app)
    headers = {k.lower(): v for k, v in receiver.requests[1].headers.items()}
    Webhook(new).verify(receiver.requests[1].body, headers)
    assert len(headers["webhook-signature"].split()) == 1


def rows_id(key):
    from uuid import UUID

    return UUID(key)


def test_a_failure_is_tried_again_with_the_same_id(app, house, receiver):
    endpoint(house, receiver.url)
    receiver.script += [(500, {}, b"broken"), (200, {}, b"fine")]
    happen(house)
    pump(app)
    [delivery] = rows(house, WebhookDelivery)
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("waiting", 1, 500)
    assert 3 < pause_of(house, delivery) < 7
    wake_up(app)
    pump(app)
    assert rows(house, WebhookDelivery)[0].state == "delivered"
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert [one.outcome for one in rows(house, WebhookAttempt)] == ["500", "200"]
    assert rows(house, WebhookEndpoint)[0].failures == 0


def test_ten_attempts_and_then_a_person(app, house, receiver):
    endpoint(house, receiver.url)
    receiver.usual = (503, {}, b"")
    happen(house)
    pauses = []
    for _ in range(10):
        pump(app)
        [delivery] = rows(house, WebhookDelivery)
        if delivery.next_attempt_at:
            pauses.append(pause_of(house, delivery))
        wake_up(app)
    assert delivery.state == "failed"
    assert len(receiver.requests) == 10
    assert len(pauses) == len(delivering.SCHEDULE)
    for pause, planned in zip(pauses, delivering.SCHEDULE, strict=True):
        assert planned * 0.7 < pause < planned * 1.3
    receiver.usual = (200, {}, b"")
    answer = house.api("admin").post("/webhooks/delivery/actions/replay", {"filter": {"state.is": "failed"}})
    assert answer.status_code == 200, answer.text
    pump(app)
    assert rows(house, WebhookDelivery)[0].state == "delivered"
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(app, house, receiver, status):
    endpoint(house, receiver.url)
    receiver.script.append((status, {"Retry-After": "1200"}, b""))
    happen(house)
    pump(app)
    [delivery] = rows(house, WebhookDelivery)
    assert 1190 < (delivery.next_attempt_at - utcnow()).total_seconds() <= 1200
    [row] = rows(house, WebhookEndpoint)
    assert 1190 < (row.resting_until - utcnow()).total_seconds() <= 1200


def test_410_switches_the_endpoint_off_and_tells(app, house, receiver):
    key = endpoint(house, receiver.url)
    receiver.script.append((410, {}, b""))
    happen(house)
    pump(app)
    [row] = rows(house, WebhookEndpoint)
    assert (row.state, "410" in row.disabled_reason) == ("disabled", True)
    assert [one.name for one in rows(house, DomainEvent)][-1] == "webhooks.endpoint_disabled"
    assert "410" in house.browser("admin").go(f"{ENDPOINT}/{key}").text
    happen(house, "W-2")
    pump(app)
    assert len(receiver.requests) == 1
    assert house.api("admin").patch(f"{ENDPOINT}/{key}", {"state": "active"}).status_code == 200
    happen(house, "W-3")
    pump(app)
    assert len(receiver.requests) == 2


def test_days_of_failure_switch_the_endpoint_off(app, house, receiver):
    endpoint(house, receiver.url)
    receiver.usual = (500, {}, b"")
    happen(house)
    pump(app)
    with app.app_context(), platform_session("a test cannot wait") as session:
        session.execute(
            text("UPDATE webhook_endpoint SET failing_since = now() - interval '6 days'"), execution_options=TOLD
        )
    wake_up(app)
    pump(app)
    [row] = rows(house, WebhookEndpoint)
    assert row.state == "disabled"
    assert {one.state for one in rows(house, WebhookDelivery)} == {"failed"}


def test_a_redirect_is_a_failure_and_leads_nowhere(app, house, receiver):
    endpoint(house, receiver.url)
    with Answering() as inside:
        receiver.script.append((302, {"Location": inside.url}, b""))
        happen(house)
        pump(app)
        assert inside.requests == []
    assert rows(house, WebhookDelivery)[0].last_status == 302


def test_a_huge_and_strange_answer_is_kept_within_limits(app, house, receiver):
    endpoint(house, receiver.url)
    receiver.script.append((200, {"X-Long": "x" * 6000}, b"\x00\xff" * 200_000))
    happen(house)
    pump(app)
    [attempt] = rows(house, WebhookAttempt)
    assert len(attempt.response_body) <= delivering.SHOWN_BODY
    assert len(attempt.response_head) <= delivering.SHOWN_HEAD
    assert rows(house, WebhookDelivery)[0].state == "delivered"


def test_a_dead_endpoint_starves_nobody(app, house, receiver, monkeypatch):
    """Fifty messages for an endpoint that hangs, and one for a sound one: the sound one has it soon."""
    monkeypatch.setattr(delivering, "DEADLINE", 0.5)
    with Answering() as hanging:
        hanging.pause = 5
        endpoint(house, hanging.url, "depot.parcel_created")
        endpoint(house, receiver.url, "depot.parcel_created", house.globex)
        house.add(*[Parcel(code=f"many-{n}") for n in range(50)])
        happen(house, "one", house.globex)
        started = time.monotonic()
        pump(app)
        assert time.monotonic() - started < 20
        assert len(hanging.requests) == 1
    assert len(receiver.requests) == 1
    states = [one.state for one in rows(house, WebhookDelivery)]
    assert states == ["waiting"] * 50


def test_no_more_than_two_requests_to_an_endpoint_at_once(app, house, receiver):
    key = endpoint(house, receiver.url)
    for number in range(3):
        happen(house, f"P-{number}")
    receiver.usual = (500, {}, b"")
    pump(app)
    wake_up(app)
    with house.inside() as session:
        first = delivering._take(session, rows_id(key))
        session.commit()
        second = delivering._take(session, rows_id(key))
        session.commit()
        assert first.id != second.id
        assert delivering._take(session, rows_id(key)) is None


def test_a_paused_endpoint_gets_all_of_it_later(app, house, receiver):
    key = endpoint(house, receiver.url, state="paused")
    happen(house)
    pump(app)
    assert receiver.requests == []
    assert house.api("admin").patch(f"{ENDPOINT}/{key}", {"state": "active"}).status_code == 200
    pump(app)
    assert len(receiver.requests) == 1


def test_a_test_message(app, house, receiver):
    key = endpoint(house, receiver.url, "contacts.contact_created")
    assert house.api("admin").post(f"{ENDPOINT}/{key}/actions/test", {}).status_code == 200
    pump(app)
    [request] = receiver.requests
    assert json.loads(request.body)["type"] == "webhooks.test"


def test_messages_stay_small(house):
    from app.data import uuid7
    from app.webhooks.outbox import LARGEST, message

    body = message("depot.parcel_created", uuid7(), utcnow(), {"text": "é" * 20_000})
    assert len(body.encode()) < LARGEST
    assert json.loads(body)["data_left_out"] == "too large"


def test_handling_an_event_again_sends_the_same_message_again(app, house, receiver):
    endpoint(house, receiver.url, "depot.*")
    happen(house)
    pump(app)
    [event] = [one for one in rows(house, DomainEvent) if one.name == "depot.parcel_created"]
    assert house.api("admin").post(f"/events/event/{event.id}/actions/replay", {}).status_code == 200
    pump(app)
    assert [one.headers["webhook-id"] for one in receiver.requests] == [str(event.id)] * 2


def test_endpoints_left_alone_are_found(app, house, receiver):
    from app.jobs import enqueue

    endpoint(house, receiver.url)
    receiver.script.append((500, {}, b""))
    happen(house)
    pump(app)
    with app.app_context(), platform_session("a test loses a job") as session:
        session.execute(text("DELETE FROM job"))
        session.execute(text("UPDATE webhook_delivery SET next_attempt_at = now() - interval '1 hour'"))
        session.execute(text("UPDATE webhook_endpoint SET resting_until = NULL"), execution_options=TOLD)
    with house.inside() as session:
        enqueue("webhooks.sweep")
        session.commit()
    run_due(app)
    assert rows(house, WebhookDelivery)[0].state == "delivered"


def test_every_event_is_documented(app, house):
    document = house.api("owner").get("/openapi.json").json
    types = app.extensions["tenantry"].happenings.types
    assert set(document["webhooks"]) == set(types)
    moved = document["webhooks"]["depot.parcel_moved"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert moved["properties"]["version"] == {"const": 2}
    assert moved["properties"]["data"]["properties"]["step"]["description"] == "How many steps it has made."
    page = house.browser("owner").go("/events/types/").text
    for name in types:
        assert name in page
    assert house.browser("agent").go("/events/types/").status_code == 403


def test_secrets_move_to_the_newest_key(app, house, receiver):
    from app.jobs import enqueue

    key = endpoint(house, receiver.url)
    shown = secret(house, key)
    before = rows(house, WebhookEndpoint)[0].secret
    settings = app.config["TENANTRY"]
    app.config["TENANTRY"] = replace(
        settings, encryption_keys=("a new key that is long and random", settings.derived_key("secrets"))
    )
    with house.inside() as session:
        enqueue("webhooks.sweep")
        session.commit()
    run_due(app)
    after = rows(house, WebhookEndpoint)[0].secret
    assert after.split(".")[1] != before.split(".")[1]
    app.config["TENANTRY"] = replace(settings, encryption_keys=("a new key that is long and random",))
    happen(house)
    pump(app)
    Webhook(shown).verify(receiver.requests[0].body, {k.lower(): v for k, v in receiver.requests[0].headers.items()})


def test_a_secret_whose_key_is_gone_is_an_attempt_that_failed(app, house, receiver):
    endpoint(house, receiver.url)
    app.config["TENANTRY"] = replace(app.config["TENANTRY"], encryption_keys=("a key that never sealed anything",))
    happen(house)
    pump(app)
    assert "key that is not here" in rows(house, WebhookAttempt)[0].outcome
    assert receiver.requests == []


def test_a_failing_delivery_does_not_spoil_an_open_form(app, house, receiver):
    key = endpoint(house, receiver.url)
    opened = house.api("admin").get(f"{ENDPOINT}/{key}").headers["ETag"]
    receiver.usual = (500, {}, b"")
    happen(house)
    pump(app)
    assert rows(house, WebhookEndpoint)[0].failures == 1
    saved = house.api("admin").patch(f"{ENDPOINT}/{key}", {"description": "ours"}, headers={"If-Match": opened})
    assert saved.status_code == 200, saved.text
