"""What admins do: members and their roles, plugins on and off, custom fields, access rules, tags."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Company, Contact
from app.tenancy.models import Membership, MembershipRole


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def member_of(house, tenant, role):
    with house.inside(tenant) as session:
        statement = select(Membership.id).where(Membership.account_id == house.people[tenant.slug, role].id)
        return session.scalars(statement).one()


def roles_of(house, tenant, member):
    with house.inside(tenant) as session:
        held = select(MembershipRole.role).where(MembershipRole.membership_id == member)
        return set(session.scalars(held))


def act(api, member, action, **parameters):
    return api.post(f"/console/member/{member}/actions/{action}", json=parameters)


def test_give_and_take_a_role(house, tenant):
    api, viewer = house.api("admin", tenant), member_of(house, tenant, "viewer")
    assert act(api, viewer, "give_role", role="manager").status_code == 200
    assert roles_of(house, tenant, viewer) == {"viewer", "manager"}
    assert act(api, viewer, "take_role", role="viewer").status_code == 200
    assert roles_of(house, tenant, viewer) == {"manager"}


def test_a_role_takes_effect_at_the_next_request(house, tenant):
    viewer = house.api("viewer", tenant)
    assert viewer.post("/contacts/company", json={"name": "Early"}).status_code == 403
    act(house.api("owner", tenant), member_of(house, tenant, "viewer"), "give_role", role="agent")
    assert viewer.post("/contacts/company", json={"name": "Now"}).status_code == 201


def test_nobody_gives_a_role_above_their_own(house, tenant):
    viewer = member_of(house, tenant, "viewer")
    answer = act(house.api("admin", tenant), viewer, "give_role", role="owner")
    assert answer.status_code == 422 or answer.status_code == 409
    assert "above your own" in answer.text
    assert roles_of(house, tenant, viewer) == {"viewer"}


def test_roles_can_end_by_themselves_but_not_in_the_past(house, tenant):
    api, viewer = house.api("owner", tenant), member_of(house, tenant, "viewer")
    assert act(api, viewer, "give_role", role="agent", until="2001-01-01T00:00:00Z").status_code in (409, 422)
    assert act(api, viewer, "give_role", role="agent", until="2101-01-01T00:00:00Z").status_code == 200


def test_the_last_owner_stays(house, tenant):
    api, owner = house.api("owner", tenant), member_of(house, tenant, "owner")
    for action, parameters in (("take_role", {"role": "owner"}), ("remove", {})):
        answer = act(api, owner, action, **parameters)
        assert answer.status_code in (409, 422)
        assert "last owner" in answer.text
    assert roles_of(house, tenant, owner) == {"owner"}


def test_ownership_can_be_handed_over(house, tenant):
    api = house.api("owner", tenant)
    assert act(api, member_of(house, tenant, "admin"), "give_role", role="owner").status_code == 200
    assert act(api, member_of(house, tenant, "owner"), "take_role", role="owner").status_code == 200
    assert roles_of(house, tenant, member_of(house, tenant, "admin")) == {"admin", "owner"}


def test_a_removed_member_finds_nothing_there_at_once(house, tenant):
    browser, token = house.browser("agent", tenant, fresh=True), house.api("agent", tenant)
    assert browser.go("/contacts/contact/").status_code == 200
    assert act(house.api("owner", tenant), member_of(house, tenant, "agent"), "remove").status_code == 200
    assert browser.go("/contacts/contact/").status_code in (302, 303, 404)
    assert token.get("/contacts/contact").status_code in (401, 404)


def test_members_cannot_be_written_as_records_but_for_whom_they_report_to(house, tenant):
    api = house.api("owner", tenant)
    member = member_of(house, tenant, "viewer")
    for values in ({"is_owner": True}, {"name": "X"}, {"email": "x@x.example"}, {"is_active": False}):
        assert api.patch(f"/console/member/{member}", json=values).status_code == 422
    assert api.delete(f"/console/member/{member}").status_code in (404, 405)
    assert api.post("/console/member", json={"account_id": 1}).status_code in (404, 405)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"resource": "contacts.nothing", "key": "x", "label": "X", "kind": "text"}, "resource"),
        ({"resource": "contacts.contact", "key": "Not good", "label": "X", "kind": "text"}, "key"),
        ({"resource": "contacts.contact", "key": "x", "label": "X", "kind": "choice"}, "options"),
        ({"resource": "contacts.contact", "key": "x", "label": "X", "kind": "spaceship"}, "kind"),
    ],
)
def test_custom_fields_are_checked(house, tenant, values, field):
    answer = house.api("admin", tenant).post("/console/custom_field", json=values)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_a_custom_field_appears_at_once_in_rest_and_form(house, tenant):
    admin = house.api("admin", tenant)
    values = {"resource": "contacts.company", "key": "fleet", "label": "Fleet size", "kind": "integer"}
    assert admin.post("/console/custom_field", json=values).status_code == 201
    made = admin.post("/contacts/company", json={"name": "Movers", "custom_fields": {"fleet": 7}})
    assert made.status_code == 201, made.text
    assert admin.get("/contacts/company?custom.fleet.at_least=7").json["data"][0]["name"] == "Movers"
    assert "Fleet size" in house.browser("agent", tenant).go("/contacts/company/add").text


def test_access_rules_are_checked_and_hold_on_the_screen(house, tenant):
    admin = house.api("admin", tenant)
    bad = {"role": "viewer", "resource": "contacts.company", "hidden": ["no_such_field"]}
    assert "hidden" in admin.post("/console/access_rule", json=bad).json["errors"]
    house.add(Company(name="Quiet Ltd", industry="Espionage"), tenant=tenant)
    good = {"role": "viewer", "resource": "contacts.company", "hidden": ["industry"]}
    assert admin.post("/console/access_rule", json=good).status_code == 201
    assert "Espionage" not in house.browser("viewer", tenant).go("/contacts/company/").text
    assert "Espionage" in house.browser("agent", tenant).go("/contacts/company/").text
    assert "industry" not in house.api("viewer", tenant).get("/contacts/company").json["data"][0]


def test_renaming_a_tag_renames_and_merges_everywhere(house, tenant):
    api = house.api("owner", tenant)
    for name, tags in (("One", ["vip"]), ("Two", ["VIP", "gold"]), ("Three", ["gold"])):
        assert api.post("/contacts/contact", json={"first_name": name, "tags": tags}).status_code == 201
    tags = {row["name"]: row["id"] for row in api.get("/console/tag").json["data"]}
    assert {"vip", "gold"} <= set(tags)
    assert api.post(f"/console/tag/{tags['vip']}/actions/rename", json={"name": "gold"}).status_code == 200
    with house.inside(tenant) as session:
        rows = dict(session.execute(select(Contact.first_name, Contact.tags)).all())
    assert {name: [tag.lower() for tag in tags] for name, tags in rows.items()} == {
        "One": ["gold"], "Two": ["gold"], "Three": ["gold"],
    }  # fmt: skip
    assert "vip" not in {row["name"] for row in api.get("/console/tag").json["data"]}
    assert len(api.get("/contacts/contact?tags.has=gold").json["data"]) == 3


def test_plugins_are_switched_for_one_tenant(house, tenant):
    api = house.api("owner", tenant)
    states = {row["plugin_key"]: row for row in api.get("/console/plugin").json["data"]}
    assert states["garage"]["state"] == "on"
    assert api.get("/garage/vehicle").status_code == 200
    assert api.patch(f"/console/plugin/{states['garage']['id']}", json={"state": "off"}).status_code == 200
    assert api.get("/garage/vehicle").status_code == 404
    browser = house.browser("owner", tenant)
    assert browser.go("/garage/vehicle/").status_code == 404
    assert "/garage/vehicle/" not in browser.go("/").text
    assert house.api("owner").get("/garage/vehicle").status_code == 200, "acme keeps it"
    assert api.post("/console/plugin", json={"plugin_key": "submarine", "state": "on"}).status_code == 422


def test_a_refused_removal_ends_nobodys_sessions(house, tenant):
    """All or nothing: the owner cannot be removed, so the agent removed in the same breath keeps their tokens."""
    api, agent_token = house.api("owner", tenant), house.api("agent", tenant)
    ids = [str(member_of(house, tenant, role)) for role in ("agent", "owner")]
    answer = api.post("/console/member/actions/remove", json={"ids": ids})
    assert answer.status_code in (409, 422)
    assert agent_token.get("/contacts/contact").status_code == 200


def test_members_are_found_by_name_and_address(house, tenant):
    api = house.api("owner", tenant)
    found = {row["email"] for row in api.get("/console/member?q=viewer").json["data"]}
    assert found == {house.people[tenant.slug, "viewer"].email}
