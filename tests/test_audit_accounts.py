"""What happens to an account above the tenants stands in the logs of the tenants concerned, and holds no secret."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.audit.models import AuditEntry
from app.identity.directory import change_account
from app.identity.services import add_member, issue_token, revoke_token, set_active, set_password


@pytest.fixture
def tenants(house):
    return house.new_tenant(), house.new_tenant()


def told(house, tenant):
    """(action, who it is about, details) of what the tenant's log says of accounts."""
    with house.inside(tenant) as session:
        wanted = select(AuditEntry).where(AuditEntry.action.startswith("account.")).order_by(AuditEntry.seq)
        return [(one.action, one.target_label, one.body) for one in session.scalars(wanted)]


def everything(house, tenant):
    with house.inside(tenant) as session:
        return session.scalar(text("SELECT string_agg(e::text, ' ') FROM audit_entry e"))


def test_a_token_stands_in_the_log_of_its_tenant_alone(app, house, tenants):
    here, there = tenants
    person = house.people[here.slug, "agent"]
    with app.test_request_context():
        add_member(person, there, "viewer")
        token, info = issue_token(person.id, here.id, "Sync", ("contacts.contact.read",))
        assert revoke_token(info.id, person.id)
        assert not revoke_token(info.id, person.id)
    (issued, label, body), (revoked, _label, _body) = told(house, here)
    assert (issued, revoked, label) == ("account.token_issued", "account.token_revoked", "Agent A tenant")
    assert "contacts.contact.read" in body
    assert told(house, there) == []
    assert token not in everything(house, here)
    assert token[-20:] not in everything(house, here)


def test_a_password_and_an_end_stand_in_the_logs_of_all_ones_tenants(app, house, tenants):
    here, there = tenants
    person = house.people[here.slug, "agent"]
    with app.test_request_context():
        add_member(person, there, "viewer")
        set_password(person.id, "eight zebroid horses")
        set_active(person.id, False)
        set_active(person.id, False)
        set_active(person.id, True)
        change_account(
            person.id, email="new@agent.example", first_name="A", last_name="B", active=True, is_operator=False
        )
    expected = ["password_changed", "switched_off", "switched_on", "address_changed"]
    for tenant in tenants:
        assert [action for action, _label, _body in told(house, tenant)] == [f"account.{one}" for one in expected]
        assert "zebroid" not in everything(house, tenant)
        assert "scrypt" not in everything(house, tenant)


def test_a_role_that_is_given_stands_in_the_log(app, house, tenants):
    here, there = tenants
    with app.test_request_context():
        add_member(house.people[here.slug, "agent"], there, "viewer")
    with house.inside(there) as session:
        actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.target_label == "Agent A tenant")))
    assert any(action.startswith("console.member") for action in actions), actions


def test_the_screen_names_them(house, tenants):
    here, _there = tenants
    house.api("agent", here)
    page = house.browser("owner", here).go("/console/audit_entry/")
    assert "API token issued" in page.text
