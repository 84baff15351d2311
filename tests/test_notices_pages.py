"""The bell, the page of notifications, the choices: small, quick, and nothing out of reach."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.data import utcnow
from app.features.access_rules import AccessRule
from app.messaging.models import Notification
from app.messaging.notifying import notify
from app.messaging.unsubscribing import unsubscribe_address
from app.tenancy.models import Membership

KIND = "messaging.mentioned"
PAGE = "/messaging/notifications"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def tell(house, tenant, role="agent", title="Call Nora", **more):
    with house.inside(tenant) as session:
        account = house.people[tenant.slug, role]
        found = session.scalars(select(Membership).where(Membership.account_uid == account.uid)).one()
        notify(found, KIND, title, "She waits.", **more)
        session.commit()
        return found.id


def rows(house, tenant):
    with house.inside(tenant) as session:
        found = list(session.scalars(select(Notification).order_by(Notification.id)))
        session.expunge_all()
        return found


def bell(page):
    return re.search(r'data-count="[^"]*">([^<]*)<', page.text).group(1)


def test_the_bell_counts_on_every_page_without_a_statement_of_its_own(house, tenant, statements):
    browser = house.browser("agent", tenant)
    browser.go("/contacts/contact/")
    statements.clear()
    assert bell(browser.go("/contacts/contact/")) == ""
    before = len(statements)
    for _ in range(3):
        tell(house, tenant)
    tell(house, tenant, at=utcnow() + timedelta(days=1))
    tell(house, tenant, "admin")
    statements.clear()
    assert bell(browser.go("/contacts/contact/")) == "3"
    assert len(statements) == before
    assert browser.go(f"{PAGE}/count").json == {"unread": 3}


def test_the_page_shows_ones_own_in_order_within_the_budget(house, tenant, statements):
    nora = Contact(full_name="Nora")
    house.add(nora, tenant=tenant)
    for number in range(35):
        tell(house, tenant, title=f"Number {number:02}", target=nora if number % 2 else None)
    tell(house, tenant, "admin", title="Not yours")
    browser = house.browser("agent", tenant)
    browser.go(PAGE)
    statements.clear()
    page = browser.go(PAGE)
    assert len(statements) <= 8
    assert re.findall(r"Number (\d+)", page.text) == [f"{number:02}" for number in range(34, 4, -1)]
    assert "Not yours" not in page.text
    older = re.search(r'href="([^"]*before=[^"]*)"', page.text).group(1).replace("&amp;", "&")
    assert re.findall(r"Number (\d+)", browser.get(older).text) == ["04", "03", "02", "01", "00"]


def test_reading_and_marking(house, tenant):
    nora = Contact(full_name="Nora")
    house.add(nora, tenant=tenant)
    tell(house, tenant, target=nora)
    tell(house, tenant, title="Second")
    browser = house.browser("agent", tenant)
    first, second = rows(house, tenant)
    answer = browser.go(f"{PAGE}/{first.id}")
    assert answer.location.endswith(f"/contacts/contact/{nora.id}")
    assert bell(browser.go(PAGE)) == "1"
    assert "Call Nora" not in browser.go(PAGE + "?show=unread").text
    browser.send(PAGE, {"action": "unread", "id": first.id})
    assert bell(browser.go(PAGE)) == "2"
    browser.send(PAGE, {"action": "read", "id": second.id})
    assert bell(browser.go(PAGE)) == "1"
    browser.send(PAGE, {"action": "read_all"})
    assert bell(browser.go(PAGE)) == ""
    assert "You have read everything." in browser.go(PAGE + "?show=unread").text


def test_somebody_elses_notice_cannot_be_opened_or_marked(house, tenant):
    tell(house, tenant, "admin")
    [row] = rows(house, tenant)
    browser = house.browser("agent", tenant)
    assert browser.go(f"{PAGE}/{row.id}").status_code == 404
    browser.send(PAGE, {"action": "read", "id": row.id})
    api = house.api("agent", tenant)
    assert api.get(f"/messaging/notification/{row.id}").status_code == 404
    assert api.post(f"/messaging/notification/{row.id}/actions/mark_read").status_code == 404
    assert rows(house, tenant)[0].read_at is None


@pytest.mark.parametrize("reason", ["rule", "trash", "purged"])
def test_a_record_out_of_reach_leaves_a_tombstone(house, tenant, reason):
    nora = Contact(full_name="Nora Secret")
    house.add(nora, tenant=tenant)
    tell(house, tenant, title="Call Nora Secret", target=nora)
    with house.inside(tenant) as session:
        if reason == "rule":
            session.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"))
        elif reason == "trash":
            session.get_one(Contact, nora.id).deleted_at = utcnow()
        else:
            session.delete(session.get_one(Contact, nora.id))
        session.commit()
    browser = house.browser("agent", tenant)
    page = browser.go(PAGE)
    assert "Secret" not in page.text
    assert "She waits." not in page.text
    assert "Somebody mentions me in a note" in page.text
    [row] = rows(house, tenant)
    answer = browser.go(f"{PAGE}/{row.id}", follow_redirects=True)
    assert answer.request.path.endswith(PAGE)
    assert "gone, or not yours" in answer.text
    api = house.api("agent", tenant)
    for surface in (browser.go("/messaging/notification/"), api.get("/messaging/notification")):
        assert "Secret" not in surface.text
    [told] = api.get("/messaging/notifications").json["data"]
    assert (told["is_gone"], told["title"], told["href"]) == (True, "Somebody mentions me in a note", None)


def test_everybody_chooses_on_a_page_and_by_rest(house, tenant):
    browser, api = house.browser("agent", tenant), house.api("agent", tenant)
    page = browser.go(f"{PAGE}/settings")
    assert "Somebody mentions me in a note" in page.text
    assert browser.send(f"{PAGE}/settings", {"asked": KIND}).status_code == 303
    assert api.get("/messaging/preferences").json[KIND] == []
    assert browser.send(f"{PAGE}/settings", {}).status_code == 303
    assert api.get("/messaging/preferences").json[KIND] == [], "what was not on the form stays"
    assert browser.send(f"{PAGE}/settings", {"asked": KIND, KIND: "email"}).status_code == 303
    assert api.get("/messaging/preferences").json[KIND] == ["in_app", "email"]
    assert api.patch("/messaging/preferences", {KIND: ["digest"]}).json[KIND] == ["in_app", "digest"]
    assert house.api("admin", tenant).get("/messaging/preferences").json[KIND] == ["in_app", "email"]
    for nonsense in (["pigeon"], "email", [1], None):
        assert api.patch("/messaging/preferences", {KIND: nonsense}).status_code == 422
    assert api.patch("/messaging/preferences", {"messaging.nothing": []}).status_code == 422
    tell(house, tenant)
    assert api.post("/messaging/notifications/read-all").json == {"count": 1}


def test_the_digest_is_left_by_one_click_without_signing_in(app, house, tenant):
    key = tell(house, tenant)
    api = house.api("agent", tenant)
    api.patch("/messaging/preferences", {KIND: ["digest"]})
    with house.inside(tenant):
        address = unsubscribe_address(key)
    stranger = app.test_client()
    assert "Stop" in stranger.get(address).text
    assert api.get("/messaging/preferences").json[KIND] == ["in_app", "digest"], "looking changes nothing"
    assert stranger.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert api.get("/messaging/preferences").json[KIND] == ["in_app"]
    assert stranger.get(address[:-8] + "x" * 8).status_code == 404
    assert stranger.post(address[:-8] + "x" * 8).status_code == 404


def test_the_pages_are_members_alone(house, tenant):
    assert house.browser("agent").get(f"/t/{tenant.slug}{PAGE}").status_code in (403, 404)
