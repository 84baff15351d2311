"""Pushes by ntfy: published once, with title and link; limits are waited for, refusals told, secrets kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.installation.settings import save_settings
from app.jobs import run_due
from app.messaging.models import OutboundMessage
from app.sdk import Member, notify, send_by
from app.testing.pumping import discard_pending
from plugins.ntfy.tests.server import Ntfy

KIND = "messaging.mentioned"
SETTINGS = "/messaging/notifications/settings"


@pytest.fixture
def server(app, monkeypatch):
    discard_pending(app)
    here = {"outbound_http": True, "outbound_ports": tuple(range(1024, 65536)), "outbound_networks": ("127.0.0.0/8",)}
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], **here))
    with Ntfy(token="tk_secret") as running:
        yield running


@pytest.fixture
def tenant(house, server):
    made = house.new_tenant()
    with house.inside(made) as session:
        save_settings("ntfy", {"server": server.url, "token": "tk_secret"})
        session.commit()
    return made


def pushed(app, house, tenant, topic="nora-17", text="She waits."):
    """The row of one push after everything that was due ran."""
    with house.inside(tenant) as session:
        key = send_by("ntfy.push", topic, "Call Nora", text, link="https://office.example/n/1")
        session.commit()
        run_due(app)
        row = session.get_one(OutboundMessage, key)
        session.refresh(row)
        session.expunge_all()
        return row


def test_a_member_chooses_it_and_is_pushed_to(app, house, tenant, server):
    chosen = {"asked": KIND, KIND: "ntfy.push", "address.ntfy.push": "nora-17"}
    assert house.browser("agent", tenant).send(SETTINGS, chosen).status_code == 303
    with house.inside(tenant) as session:
        uid = house.people[tenant.slug, "agent"].uid
        notify(session.scalars(select(Member).where(Member.account_uid == uid)).one(), KIND, "Call Nora", "She waits.")
        session.commit()
        run_due(app)
    [told] = server.published
    assert {name: told[name] for name in ("topic", "title", "message")} == {
        "topic": "nora-17",
        "title": "Call Nora",
        "message": "She waits.",
    }
    assert told["click"].startswith(f"http://localhost/t/{tenant.slug}/messaging/notifications/")


def test_the_servers_id_is_kept(app, house, tenant, server):
    row = pushed(app, house, tenant)
    assert (row.state, row.provider_id) == ("sent", "msg000000000")
    assert server.published[0]["click"] == "https://office.example/n/1"


def test_a_long_text_is_cut_and_an_empty_one_is_the_title(app, house, tenant, server):
    assert pushed(app, house, tenant, text="x" * 9_000).state == "sent"
    assert pushed(app, house, tenant, text="").state == "sent"
    assert [len(told["message"]) for told in server.published] == [3_500, len("Call Nora")]


@pytest.mark.parametrize("fault", ["limited", "cut"])
def test_what_did_not_work_is_tried_again(app, house, tenant, server, fault):
    setattr(server, fault, 1)
    row = pushed(app, house, tenant)
    assert (row.state, row.attempts, server.published) == ("pending", 1, [])
    assert row.error
    with house.inside(tenant) as session:
        app.extensions["tenantry"].entries["messaging.outgoing"].actions["send_again"].run(
            [session.get_one(OutboundMessage, row.id)]
        )
        session.commit()
        run_due(app)
        assert session.get_one(OutboundMessage, row.id).state == "sent"
    assert len(server.published) == 1


def test_a_wrong_token_waits_to_be_set_right(app, house, tenant, server):
    server.token = "tk_other"
    row = pushed(app, house, tenant)
    assert row.state == "pending"
    assert "forbidden" in row.error
    assert "tk_" not in row.error


def test_a_topic_that_is_none_fails_for_good_without_a_call(app, house, tenant, server):
    row = pushed(app, house, tenant, topic="no such/topic")
    assert (row.state, row.attempts, server.published) == ("failed", 1, [])


def test_no_server_inside_our_own_network_is_called(app, house, tenant, server, monkeypatch):
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], outbound_networks=()))
    row = pushed(app, house, tenant)
    assert (row.state, server.published) == ("pending", [])
    assert "not a public address" in row.error


def test_without_a_server_it_waits_and_the_page_says_so(app, house, server):
    bare = house.new_tenant()
    with house.inside(bare) as session:
        save_settings("ntfy", {"server": None})
        session.commit()
    row = pushed(app, house, bare)
    assert (row.state, row.tried_since) == ("pending", None)
    assert "No server is set" in row.error
    assert "No server is set" in house.browser("agent", bare).go(SETTINGS).text
