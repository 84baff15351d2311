"""Advertising platforms send signed leads; forms give leads to a team in turn."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.data import Scope, db, scope
from app.installation import sealing
from app.sdk import Team, TeamMember
from plugins.crm.models import CaptureForm, CaptureSubmission, Lead
from plugins.crm.models.assignment import Assignment
from plugins.crm.tests.agenda import member_of
from plugins.crm.tests.capture.questions import Run


@pytest.fixture
def platform(app, house, tenant, make_form):
    _key, form_id = make_form()
    told = house.api("owner", tenant).post(f"/crm/capture_form/{form_id}/actions/open_webhook").json["message"]
    secret = told.split("secret is ")[1].split(".")[0]
    with house.inside(tenant) as session:
        path = session.get(CaptureForm, form_id).webhook_path
    client = app.test_client()

    def send(body, signed=None, standard=False):
        raw = json.dumps(body).encode()
        if standard:
            now = str(int(time.time()))
            mac = hmac.new((signed or secret).encode(), f"m1.{now}.".encode() + raw, hashlib.sha256).digest()
            headers = {
                "webhook-id": "m1", "webhook-timestamp": now,
                "webhook-signature": "v1," + base64.b64encode(mac).decode(),
            }  # fmt: skip
        else:
            mac = hmac.new((signed or secret).encode(), raw, hashlib.sha256).hexdigest()
            headers = {"X-Hub-Signature-256": f"sha256={mac}"}
        return client.post(path, data=raw, headers={**headers, "Content-Type": "application/json"})

    return send


@pytest.fixture
def processed(app, tenant):
    """Let the inbound framework process what came."""
    from app.webhooks.models import ReceivedWebhook
    from app.webhooks.processing import process

    def run():
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            for one in db.session.scalars(select(ReceivedWebhook.id).where(ReceivedWebhook.state == "waiting")).all():
                process(Run(), str(one))
                db.session.commit()

    return run


@pytest.mark.parametrize("standard", [False, True])
def test_platforms_send_signed_leads_once(platform, processed, work, look, standard):
    lead = {
        "id": "l-1", "utm_source": "facebook",
        "field_data": [{"name": "name", "values": ["Omar Zaid"]}, {"name": "email", "values": ["omar@mail.example"]}],
    }  # fmt: skip
    for _time in range(2):
        assert platform({"leads": [lead]}, standard=standard).status_code == 200
    processed()
    assert work() == [("done", None)]
    assert look(select(CaptureSubmission.via, CaptureSubmission.utm_source)) == [("webhook", "facebook")]
    assert look(select(Lead.title)) == [("Omar Zaid",)]


def test_platforms_send_plain_objects_too(platform, processed, work, look):
    assert platform({"name": "Omar Zaid", "email": "omar@mail.example", "size": 3}).status_code == 200
    processed()
    assert work() == [("done", None)]
    assert look(select(Lead.description)) == [("size: 3",)]


def test_what_means_nothing_to_the_form_makes_no_lead(platform, processed, work, look):
    """Such as Meta's own call, which names leads and has none in it: the plugin lead_ads fetches them."""
    value = {"leadgen_id": "501", "form_id": "77", "page_id": "900"}
    body = {"object": "page", "entry": [{"id": "900", "changes": [{"field": "leadgen", "value": value}]}]}
    assert platform(body).status_code == 200
    processed()
    ((state, problem),) = work()
    assert (state, problem) == ("dead", "None of the answers belongs to a field of this form.")
    assert look(select(Lead.id)) == []


def test_what_is_not_signed_is_not_taken(platform, processed, work):
    assert platform({"name": "x"}, signed="other").status_code == 401
    assert platform({"name": "x"}, signed="other", standard=True).status_code == 401
    assert platform([]).status_code == 422
    processed()
    assert work() == []


def test_addresses_of_platforms_outlive_a_change_of_keys(app, house, tenant, platform):
    before = app.config["TENANTRY"]
    old = before.encryption_keys or (before.derived_key("secrets"),)
    fresh = "a fresh key of many characters" * 2
    try:
        app.config["TENANTRY"] = replace(before, encryption_keys=(fresh, *old))
        with house.inside(tenant) as session:
            sealing.reseal()
            session.commit()
        app.config["TENANTRY"] = replace(before, encryption_keys=(fresh,))
        assert platform({"name": "Omar Zaid"}).status_code == 200
        assert platform({"name": "Omar Zaid"}, signed="other").status_code == 401
    finally:
        app.config["TENANTRY"] = before
    with house.inside(tenant) as session:
        (sealed,) = session.scalars(select(CaptureForm.webhook_secret))
    assert sealed.startswith("s1.")


def test_a_form_gives_its_leads_to_a_team_in_turn(app, house, tenant, make_form, visitor, work, look):
    roles = ("manager", "agent")
    members = [member_of(house, tenant, role) for role in roles]
    (team,) = house.add(Team(name="Sellers"), tenant=tenant)
    house.add(*(TeamMember(team_id=team, membership_id=one) for one in members), tenant=tenant)
    key, form_id = make_form(team_id=team)
    for number in range(4):
        visitor.send(key, name=f"Visitor {number}", email=f"v{number}@mail.example")
    assert work() == [("done", None)] * 4
    owners = [owner for (owner,) in look(select(Lead.assigned_to_id).order_by(Lead.id))]
    assert owners[:2] == owners[2:]
    assert set(owners) == set(members)
    assert {way for (way,) in look(select(Assignment.way))} == {"turn"}
    both = house.api("owner", tenant).patch(f"/crm/capture_form/{form_id}", {"assigned_to": str(members[0])})
    assert set(both.json["errors"]) == {"team"}


def test_a_platforms_wrong_lead_is_a_dead_letter(platform, processed, work):
    platform({"id": "l-2", "answers": {"name": "Omar", "email": "not an address"}})
    processed()
    ((state, problem),) = work()
    assert state == "dead"
    assert "not an address" in problem
