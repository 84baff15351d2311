"""“Why not?”: the first check that says no is named, with words and with who can change it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.data import platform_session
from app.features import can
from app.features.access_rules import AccessRule
from app.host.lifecycle import switch
from app.identity.acting import find_acting
from app.tenancy.models import Membership, Tenant
from app.testing.pages import page_of
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


# --- for oneself -----------------------------------------------------------------------------------------------------


def mine(house, tenant, role, **query):
    answer = house.api(role, tenant).get("/console/why/mine", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def link_of(page):
    """Where “Why?” on a page leads, without the tenant's prefix."""
    [href] = [one for one in page_of(page).links if "/console/why/mine" in one]
    return href[href.index("/console/") :]


def test_every_refusal_leads_to_its_reason(house, tenant):
    viewer = house.browser("viewer", tenant)
    refused = viewer.go("/garage/vehicle/add")
    assert refused.status_code == 403
    page = viewer.go(link_of(refused))
    assert page.status_code == 200
    assert "None of your roles" in page.text
    names = [house.people[tenant.slug, role].get_full_name() for role in ("owner", "admin")]
    assert all(name in page.text for name in names), "whoever can change it is named"
    set_state(house, tenant, "off")
    lost = viewer.go("/garage/vehicle/")
    assert lost.status_code == 404
    page = viewer.go(link_of(lost))
    assert "not switched on" in page.text
    assert names[0] in page.text
    set_state(house, tenant, "read_only")
    stopped = house.browser("agent", tenant).go("/garage/vehicle/add")
    assert "read-only" in house.browser("agent", tenant).go(link_of(stopped)).text


def test_a_page_that_lacks_something_leads_to_what_one_may(house, samples, tenant):
    with house.inside(tenant) as session:
        key = samples.record(session, Vehicle).id
        session.commit()
    viewer = house.browser("viewer", tenant)
    for path in ("/garage/vehicle/", f"/garage/vehicle/{key}"):
        page = viewer.go(link_of(viewer.go(path)))
        assert page.status_code == 200
        for words in ("Delete", "Scrap", "None of your roles"):
            assert words in page.text, words


def test_a_rule_about_rows_is_named_and_tells_of_no_record(house, samples, tenant):
    with house.inside(tenant) as session:
        key = str(samples.record(session, Vehicle).id)
        session.add(AccessRule(role="agent", resource="garage.vehicle", row_scope="own", hidden=[], readonly=[]))
        session.commit()
    agent = house.browser("agent", tenant)
    answers = []
    for record in (key, str(uuid4())):
        page = agent.go(link_of(agent.go(f"/garage/vehicle/{record}")))
        assert "The role Agent reaches here: only their own records" in page.text
        said = mine(house, tenant, "agent", resource="garage.vehicle", verb="read", record=record)
        answers.append((said["refused_by"], said["checks"][-1]["reason"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == "row"


def test_fields_are_told_to_admins_and_counted_for_oneself(house, tenant):
    rule = {"hidden": ["price"], "readonly": ["plate"]}
    with house.inside(tenant) as session:
        session.add(AccessRule(role="agent", resource="garage.vehicle", row_scope="all", **rule))
        session.commit()
    said = why(house, tenant, "agent", "garage.vehicle", "read")
    assert (said["fields"]["hidden"], said["fields"]["readonly"]) == (["Price"], ["Plate"])
    own = mine(house, tenant, "agent", resource="garage.vehicle", verb="read")
    assert own["fields"] == {"hidden": 1, "readonly": ["Plate"]}
    page = house.browser("agent", tenant).go("/console/why/mine?resource=garage.vehicle").text
    assert "1 field is hidden" in page
    assert "Plate" in page
    assert not re.search(r"\bPrice\b", page), "what is hidden is not named"


def test_scopes_of_tokens_are_told(house, tenant):
    said = why(house, tenant, "agent", "garage.vehicle", "update", scopes="garage.vehicle.read")
    assert said["refused_by"] == "permission"
    assert "This token was made for" in said["checks"][-1]["reason"]
    api = house.api("agent", tenant, scopes=("read",))
    own = api.get("/console/why/mine", query_string={"resource": "garage.vehicle", "verb": "update"}).json
    assert "This token was made for" in own["checks"][-1]["reason"]


def test_what_is_off_is_not_offered(house, tenant):
    admin = house.browser("admin", tenant)
    assert 'value="garage.vehicle"' in admin.go("/console/why/").text
    set_state(house, tenant, "off")
    for path in ("/console/why/", "/console/why/mine", "/console/access_rule/add", "/console/custom_field/add"):
        assert "garage.vehicle" not in admin.go(path).text, path
    asked = admin.go("/console/why/mine?resource=garage.vehicle").text
    assert "Vehicles (off)" in asked


def test_what_was_stored_for_a_plugin_that_is_off_keeps_its_words(house, tenant):
    with house.inside(tenant) as session:
        rule = AccessRule(role="agent", resource="garage.vehicle", row_scope="own", hidden=[], readonly=[])
        session.add(rule)
        session.flush()
        key = rule.id
        session.commit()
    set_state(house, tenant, "off")
    admin = house.browser("admin", tenant)
    assert "Vehicles (off)" in admin.go("/console/access_rule/").text
    edit = admin.go(f"/console/access_rule/{key}/edit")
    assert "Vehicles (off)" in edit.text
    form = next(one for one in page_of(edit).forms if one.action.endswith("/edit"))
    assert admin.send(f"/console/access_rule/{key}/edit", form.data()).status_code in (302, 303)
    with house.inside(tenant) as session:
        kept = session.get_one(AccessRule, key)
        assert (kept.resource, kept.role, kept.row_scope) == ("garage.vehicle", "agent", "own")


def test_the_answer_costs_few_statements(house, tenant, statements):
    viewer = house.browser("viewer", tenant)
    viewer.go("/console/why/mine?resource=garage.vehicle")
    statements.clear()
    viewer.go("/console/why/mine?resource=garage.vehicle")
    assert len(statements) <= 8


def test_strangers_and_those_outside_ask_nothing(house, tenant):
    assert house.browser("owner", house.globex).get(f"/t/{tenant.slug}/console/why/mine").status_code == 404
    assert house.api("agent", tenant).get("/console/why/mine").status_code == 422
