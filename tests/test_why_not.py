"""“Why not?”: the first check that says no is named, with words and with who can change it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.data import platform_session
from app.features import can
from app.features.access_rules import AccessRule
from app.host.lifecycle import switch
from app.identity.acting import find_acting
from app.tenancy.models import Membership, Tenant
from tests.plugins_for_tests.garage.models import Vehicle


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def member(house, tenant, role):
    with house.inside(tenant) as session:
        account = house.people[tenant.slug, role]
        return session.scalars(select(Membership.id).where(Membership.account_id == account.id)).one()


def why(house, tenant, role, resource, verb, **more):
    query = {"member": str(member(house, tenant, role)), "resource": resource, "verb": verb, **more}
    answer = house.api("owner", tenant).get("/console/why", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def set_state(house, tenant, state):
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "garage", state)
        session.commit()


def test_a_yes_names_every_check(house, tenant):
    said = why(house, tenant, "agent", "garage.vehicle", "update")
    assert said["allowed"] is True
    assert said["refused_by"] is None
    assert [one["gate"] for one in said["checks"]] == [
        "tenant", "installed", "plugin", "entitled", "switch", "flag", "capability", "read-only", "permission", "verb",
    ]  # fmt: skip


def test_the_first_no_wins(house, tenant):
    assert why(house, tenant, "viewer", "garage.vehicle", "delete")["refused_by"] == "permission"
    set_state(house, tenant, "read_only")
    assert why(house, tenant, "viewer", "garage.vehicle", "delete")["refused_by"] == "read-only"
    assert why(house, tenant, "viewer", "garage.vehicle", "read")["allowed"] is True
    with house.app.app_context(), platform_session("a test makes a tenant poor") as session:
        row = session.get_one(Tenant, tenant.id)
        row.name, row.config_version = "Poor", row.config_version + 1
    said = why(house, tenant, "viewer", "garage.vehicle", "delete")
    assert said["refused_by"] == "entitled"
    assert said["checks"][-1]["reason"] == "Your plan has no garage."
    set_state(house, tenant, "off")
    assert why(house, tenant, "owner", "garage.vehicle", "read")["refused_by"] == "plugin"
    assert why(house, tenant, "owner", "nowhere.thing", "read")["refused_by"] == "installed"
    assert why(house, tenant, "owner", "contacts.contact", "read")["allowed"] is True


def test_it_says_who_can_change_it(house, tenant):
    last = why(house, tenant, "viewer", "garage.vehicle", "delete")["checks"][-1]
    assert "None of your roles" in last["reason"]
    assert "Members" in last["who_can_change_it"]


def test_rules_about_rows_are_told(house, samples, tenant):
    with house.inside(tenant) as session:
        key = samples.record(session, Vehicle).id
        session.add(AccessRule(role="agent", resource="garage.vehicle", row_scope="own", hidden=[], readonly=[]))
        session.commit()
    assert why(house, tenant, "agent", "garage.vehicle", "read", record=str(key))["refused_by"] == "row"
    assert why(house, tenant, "manager", "garage.vehicle", "read", record=str(key))["allowed"] is True


def test_what_it_says_is_what_happens(house, tenant):
    """The explanation and the gate are one: asked for every role and verb of a resource."""
    for role in ("owner", "manager", "agent", "viewer"):
        for verb in ("read", "create", "update", "delete", "export", "import", "scrap"):
            said = why(house, tenant, role, "garage.vehicle", verb)
            with house.inside(tenant):
                person = find_acting(house.people[tenant.slug, role].uid, tenant.id).principal
                assert said["allowed"] == can("garage.vehicle", verb, person).allowed, (role, verb)


def test_the_page_asks_and_answers(house, tenant):
    admin = house.browser("admin", tenant)
    assert admin.go("/console/why/").status_code == 200
    key = member(house, tenant, "viewer")
    page = admin.go(f"/console/why/?member={key}&resource=garage.vehicle&verb=delete")
    assert "None of your roles" in page.text
    assert "There is no such member" in admin.go("/console/why/?member=x&resource=garage.vehicle").text
    assert house.browser("agent", tenant).go("/console/why/").status_code == 403


def test_bad_questions_get_clear_answers(house, tenant):
    api = house.api("owner", tenant)
    assert api.get("/console/why").status_code == 422
    stranger = member(house, house.globex, "owner")
    query = {"member": str(stranger), "resource": "garage.vehicle", "verb": "read"}
    assert api.get("/console/why", query_string=query).status_code == 404
    assert house.api("agent", tenant).get("/console/why", query_string=query).status_code == 403
