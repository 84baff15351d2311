"""Failed access is told too, and cannot be used to fill a log."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.audit.refusals import MOST_AN_HOUR, Brake
from app.identity.services import set_password
from app.testing.house import PASSWORD


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def told(house, tenant):
    with house.inside(tenant) as session:
        wanted = select(AuditEntry).where(AuditEntry.action.startswith("access.")).order_by(AuditEntry.seq)
        rows = list(session.scalars(wanted))
        session.expunge_all()
    return rows


def test_a_forbidden_page_is_told_once(house, tenant):
    viewer = house.browser("viewer", tenant)
    for _again in range(3):
        assert viewer.go("/contacts/contact/add", buffered=True).status_code == 403
    (one,) = told(house, tenant)
    person = house.people[tenant.slug, "viewer"]
    assert (one.action, one.created_by, one.actor_name) == ("access.forbidden", person.uid, person.get_full_name())
    assert one.membership_id is not None
    assert one.via == "screen"
    assert one.ip == "127.0.0.1"
    assert "/contacts/contact/add" in one.body


def test_a_forbidden_call_is_told(house, tenant):
    viewer = house.api("viewer", tenant)
    assert viewer.post("/contacts/company", {"name": "x"}, buffered=True).status_code == 403
    (one,) = told(house, tenant)
    assert (one.via, one.token_id is not None) == ("rest", True)


def test_a_stranger_is_told_to_the_tenant_without_their_name(house, tenant):
    browser = house.browser("owner", fresh=True)
    answer = browser.get(f"/t/{tenant.slug}/contacts/contact/", buffered=True)
    assert answer.status_code == 404
    (one,) = told(house, tenant)
    assert one.action == "access.stranger"
    assert one.created_by == house.people["acme", "owner"].uid
    assert one.actor_name is None
    assert [each for each in told(house, house.acme) if each.seq and each.action == "access.stranger"] == []


def test_a_record_that_is_not_there_is_no_refusal(house, tenant):
    browser = house.browser("viewer", tenant)
    path = "/contacts/contact/01890000-0000-7000-8000-000000000000"
    assert browser.go(path, buffered=True).status_code == 404
    assert told(house, tenant) == []


def test_a_failed_sign_in_is_told_to_the_tenants_of_the_account(app, house, tenant):
    person = house.people[tenant.slug, "agent"]
    with app.app_context():
        set_password(person.id, PASSWORD)
    client = app.test_client()
    for name in (person.email, "nobody@nowhere.example"):
        body = {"username": name, "password": "wrong", "tenant": tenant.slug}
        assert client.post("/api/v1/security/login", json=body, buffered=True).status_code == 401
    (one,) = told(house, tenant)
    assert (one.action, one.created_by) == ("access.sign_in_refused", None)
    assert one.target_label == person.get_full_name()
    assert str(person.uid) in one.body


def test_a_brake_lets_little_through():
    now = [0.0]
    brake = Brake(lambda: now[0])
    assert brake.lets_through("a", "x")
    assert not brake.lets_through("a", "x")
    assert brake.lets_through("a", "y")
    assert brake.lets_through("b", "x")
    now[0] = 61
    assert brake.lets_through("a", "x")
    many = sum(brake.lets_through("c", str(number)) for number in range(1_000))
    assert many == MOST_AN_HOUR
    now[0] = 3_700
    assert brake.lets_through("c", "another hour")
