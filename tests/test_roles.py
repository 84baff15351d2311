"""Roles that plugins bring: given like the others, worth something while the plugin is on, never more than said."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import pytest
from sqlalchemy import select, text

from app.data import platform_session
from app.features.access_rules import FULL, AccessRule, access_of
from app.host import Action, Extension, Permission, Plugin, Resource, Role, hookimpl
from app.host.claims import ClaimError
from app.host.discovery import CORE_PLUGINS, Found
from app.host.lifecycle import switch
from app.host.registry import build
from app.identity.acting import find_acting
from app.identity.group_roles import keep_roles
from app.identity.services import add_member, remove_member
from app.identity.sync import sync_all
from app.identity.ways import GroupRole
from app.tenancy.models import Membership, MembershipRole, Team, TeamMember, Tenant
from app.testing.pages import page_of
from tests.plugins_for_tests.garage.models import Vehicle
from tests.plugins_for_tests.orchard.models import Tree
from tests.test_host import act

CORE = [Found(name, module) for name, module in CORE_PLUGINS.items()]
PICKER = "orchard.picker"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def picker(house, tenant):
    """Somebody who is nothing but a picker."""
    return house.new_person(PICKER, tenant)


def set_state(house, tenant, state, plugin="orchard"):
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), plugin, state)
        session.commit()


def person(house, tenant, account):
    with house.inside(tenant):
        return find_acting(account.uid, tenant.id).principal


def member_id(house, tenant, account):
    with house.inside(tenant) as session:
        return session.scalars(select(Membership.id).where(Membership.account_id == account.id)).one()


@pytest.fixture
def install():
    """Makes a module that is a plugin for one test."""
    made = []

    def make(name, manifest, **hooks):
        module = ModuleType(f"plugin_with_roles_{len(made)}")
        module.plugin = manifest
        for hook, answer in hooks.items():
            setattr(module, hook, hookimpl(lambda answer=answer: answer))
        sys.modules[module.__name__] = module
        made.append(module.__name__)
        return Found(name, module.__name__)

    yield make
    for name in made:
        del sys.modules[name]


# --- declared --------------------------------------------------------------------------------------------------------


def a_garage(install, *roles, extensions=(), permissions=(), **resource):
    manifest = Plugin("garage", title="Garage")
    hooks = {"roles": list(roles), "extensions": list(extensions), "permissions": list(permissions)}
    return build([*CORE, install("garage", manifest, resources=[Resource(Vehicle, **resource)], **hooks)])


BAD_ROLES = {
    "another's name": [Role("crm.seller", "x")],
    "no plugin's name": [Role("mechanic", "x")],
    "twice": [Role("garage.mechanic", "x"), Role("garage.mechanic", "x")],
    "like an owner": [Role("garage.mechanic", "x", like="owner")],
    "a verb that is none": [Role("garage.mechanic", "x", {"garage.vehicle": "fly"})],
    "records that are none": [Role("garage.mechanic", "x", {"garage.plane": "read"})],
    "another's records": [Role("garage.mechanic", "x", {"contacts.contact": "read"})],
    "a long name": [Role(f"garage.{'m' * 41}{'x' * 20}", "x")],
}


@pytest.mark.parametrize("what", BAD_ROLES)
def test_a_bad_role_is_refused(install, what):
    with pytest.raises(ClaimError):
        a_garage(install, *BAD_ROLES[what])


def test_a_role_may_do_with_records_of_others_what_the_one_it_is_like_may(install):
    adds = [Extension("contacts.contact", actions=(Action("honk", "Honk", act),))]
    good = {"contacts.contact": "read garage__honk"}
    found = a_garage(install, Role("garage.mechanic", "x", good, like="viewer"), extensions=adds)
    assert ("contacts.contact", "read") in {
        (one.resource, one.verb) for one in found.declared_permissions() if "garage.mechanic" in one.roles
    }
    bad = {"contacts.contact": "read update"}
    with pytest.raises(ClaimError, match="viewer"):
        a_garage(install, Role("garage.mechanic", "x", bad, like="viewer"), extensions=adds)


def test_no_role_makes_an_admin(install):
    """A plugin that extends members still cannot let its role give roles."""
    adds = [Extension("console.member", actions=(Action("honk", "Honk", act),))]
    for verbs in ("give_role", "update", "remove"):
        with pytest.raises(ClaimError):
            a_garage(install, Role("garage.boss", "x", {"console.member": verbs}, like="manager"), extensions=adds)


def test_resources_actions_and_permissions_name_the_plugins_own_roles(install):
    found = a_garage(
        install,
        Role("garage.mechanic", "x"),
        permissions=[Permission("garage.shop.open", "x", ("garage.mechanic",))],
        grants={"owner": "read", "garage.mechanic": "read update"},
        scopes={"garage.mechanic": "own"},
        actions=(Action("wash", "Wash", act, roles=("garage.mechanic",)),),
    )
    held = {f"{one.resource}.{one.verb}" for one in found.declared_permissions() if "garage.mechanic" in one.roles}
    mine = {one for one in held if one.startswith("garage.")}
    assert mine == {
        "garage.vehicle.read",
        "garage.vehicle.update",
        "garage.vehicle.wash",
        "garage.shop.open",
    }
    with pytest.raises(ClaimError, match="seller"):
        a_garage(install, grants={"crm.seller": "read"})


# --- given -----------------------------------------------------------------------------------------------------------


def test_it_may_do_what_it_says_and_nothing_else(house, samples, tenant, picker):
    with house.inside(tenant) as session:
        tree = samples.record(session, Tree).id
        session.commit()
    browser, api = house.browser(picker, tenant), house.api(picker, tenant)
    assert browser.go("/orchard/tree/").status_code == 200
    assert browser.go("/orchard/map").status_code == 200
    assert browser.go("/market/stall/").status_code == 200
    assert browser.go("/orchard/tree/add").status_code == 403
    assert browser.go("/contacts/contact/").status_code == 403
    assert browser.go("/console/access_rule/").status_code == 403
    assert browser.go("/console/member/").status_code == 200, "colleagues are seen by everybody"
    assert api.post("/orchard/tree/actions/pick", {"ids": [str(tree)]}).status_code == 200
    assert api.post("/market/stall", {"name": "x"}).status_code == 403


def test_admins_are_offered_it_where_the_plugin_is_on(house, tenant):
    admin = house.browser("admin", tenant)
    key = str(member_id(house, tenant, house.people[tenant.slug, "viewer"]))
    for path in ("/console/team/add", "/console/access_rule/add"):
        assert "Orchard: Picker" in admin.go(path).text, path
        assert f'value="{PICKER}"' in admin.go(path).text, path
    form = admin.send("/console/member/actions/give_role", {"id": [key]})
    assert "Orchard: Picker" in form.text
    set_state(house, tenant, "off")
    for path in ("/console/team/add", "/console/access_rule/add"):
        assert "Picker" not in admin.go(path).text, path
    assert house.api("admin", tenant).post(
        "/console/member/actions/give_role",
        {"ids": [key], "role": PICKER},
    ).status_code == 422  # fmt: skip


def test_it_is_given_and_taken_over_rest_and_ends_by_itself(house, tenant):
    viewer = house.people[tenant.slug, "viewer"]
    key, api = str(member_id(house, tenant, viewer)), house.api("admin", tenant)
    until = {"role": PICKER, "until": "2999-01-01T00:00:00Z"}
    answer = api.post("/console/member/actions/give_role", {"ids": [key], **until})
    assert answer.status_code == 200, answer.text
    assert set(person(house, tenant, viewer).roles) == {"viewer", PICKER}
    with house.inside(tenant) as session:
        held = session.scalars(select(MembershipRole).where(MembershipRole.role == PICKER)).one()
        held.expires_at = held.created_at
        session.commit()
    assert person(house, tenant, viewer).roles == ("viewer",)
    answer = api.post("/console/member/actions/take_role", {"ids": [key], "role": PICKER})
    assert answer.status_code == 200, answer.text
    with house.inside(tenant) as session:
        assert session.scalars(select(MembershipRole).where(MembershipRole.role == PICKER)).all() == []


def test_nobody_gives_one_above_their_own(house, app, tenant, picker):
    """Whoever may give roles and is only a picker gives what stands beside a viewer, and nothing more."""
    from app.console.members import check_rank
    from app.identity import acting_as

    with house.inside(tenant), acting_as(person(house, tenant, picker)):
        check_rank(PICKER)
        check_rank("viewer")
        for role in ("agent", "manager", "admin", "owner"):
            with pytest.raises(ValueError, match="above your own"):
                check_rank(role)


def test_a_team_gives_it(house, tenant):
    with house.inside(tenant) as session:
        team = Team(name="Pickers", gives_role=PICKER)
        account = house.people[tenant.slug, "viewer"]
        member = session.scalars(select(Membership).where(Membership.account_id == account.id)).one()
        session.add(team)
        session.flush()
        key = team.id
        session.add(TeamMember(team_id=team.id, membership_id=member.id))
        session.commit()
    assert PICKER in person(house, tenant, account).roles
    page = house.browser("owner", tenant).go("/console/team/")
    assert "Orchard: Picker" in page.text
    set_state(house, tenant, "off")
    assert person(house, tenant, account).roles == ("viewer",)
    assert "Orchard: Picker (off)" in house.browser("owner", tenant).go("/console/team/").text
    edit = house.browser("owner", tenant).go(f"/console/team/{key}/edit")
    form = next(one for one in page_of(edit).forms if one.action.endswith("/edit"))
    saved = house.browser("owner", tenant).send(f"/console/team/{key}/edit", form.data())
    assert saved.status_code in (302, 303), saved.text
    with house.inside(tenant) as session:
        assert session.get_one(Team, key).gives_role == PICKER


def test_it_follows_the_groups_of_a_directory(house, tenant):
    agent = house.people[tenant.slug, "agent"]
    rules = [GroupRole("cn=pickers", tenant.slug, PICKER), GroupRole("cn=ghosts", tenant.slug, "vanished.role")]
    with house.app.app_context():
        keep_roles(agent.id, frozenset({"cn=pickers", "cn=ghosts"}), rules)
    assert set(person(house, tenant, agent).roles) == {"agent", PICKER}, (
        "a role that nobody declares is given to nobody"
    )
    with house.app.app_context():
        keep_roles(agent.id, frozenset(), rules)
    assert person(house, tenant, agent).roles == ("agent",)


def test_off_it_gives_nothing_and_comes_back(house, tenant, picker):
    browser = house.browser(picker, tenant)
    assert browser.go("/market/stall/").status_code == 200
    set_state(house, tenant, "off")
    assert browser.go("/market/stall/").status_code == 403
    assert person(house, tenant, picker).permissions == frozenset()
    set_state(house, tenant, "read_only")
    assert browser.go("/orchard/tree/").status_code == 200
    set_state(house, tenant, "on")
    assert browser.go("/orchard/map").status_code == 200


def test_it_widens_nobodys_reach_of_what_it_gives_no_right_to(house, app, tenant):
    agent = house.people[tenant.slug, "agent"]
    with house.inside(tenant) as session:
        for resource in ("contacts.contact", "market.stall"):
            session.add(AccessRule(role="agent", resource=resource, row_scope="own", hidden=[], readonly=[]))
        session.commit()
    with house.app.app_context():
        add_member(agent, tenant, PICKER)
    both = person(house, tenant, agent)
    with house.inside(tenant) as session:
        assert access_of(session(), both, "contacts.contact").scope == "own"
        assert access_of(session(), both, "market.stall") == FULL, "a viewer, which it is like, sees all of them"
        session.add(AccessRule(role=PICKER, resource="market.stall", row_scope="own", hidden=[], readonly=[]))
        session.commit()
    both = person(house, tenant, agent)
    with house.inside(tenant) as session:
        assert access_of(session(), both, "market.stall").scope == "own"
        gone = replace(both, roles=("agent", "vanished.role"))
        assert access_of(session(), gone, "contacts.contact").scope == "own"


def test_rest_refuses_a_role_that_is_none(house, tenant):
    api = house.api("owner", tenant)
    for path, field in (("/console/team", "gives_role"), ("/console/access_rule", "role")):
        other = {"name": "x"} if field == "gives_role" else {"resource": "contacts.contact"}
        answer = api.post(path, {**other, field: "orchard.king"})
        assert answer.status_code == 422, answer.text


def test_it_costs_no_statement(house, tenant, picker, statements):
    viewer = house.browser("viewer", tenant)
    counts = []
    for browser in (viewer, house.browser(picker, tenant)):
        browser.go("/orchard/tree/")
        statements.clear()
        browser.go("/orchard/tree/")
        counts.append(len(statements))
    assert counts[1] <= counts[0]


def test_why_not_tells_of_it(house, tenant, picker):
    query = {"member": str(member_id(house, tenant, picker)), "resource": "orchard.tree", "verb": "pick"}
    said = house.api("owner", tenant).get("/console/why", query_string=query).json
    assert said["allowed"] is True
    set_state(house, tenant, "off")
    said = house.api("owner", tenant).get("/console/why", query_string=query).json
    assert said["refused_by"] == "plugin"


# --- synced ----------------------------------------------------------------------------------------------------------


def roles_known(app):
    with app.app_context(), platform_session("a test looks at roles") as session:
        return set(session.scalars(text("SELECT name FROM ab_role")))


def test_the_sync_knows_roles_and_forgets_those_that_are_gone(app):
    assert PICKER in roles_known(app)
    with app.app_context(), platform_session("a test makes a role of an older version") as session:
        session.execute(text("INSERT INTO ab_role (id, name) VALUES (nextval('ab_role_id_seq'), 'orchard.sower'),"
                             " (nextval('ab_role_id_seq'), 'elsewhere.role')"))  # fmt: skip
    assert sync_all(app).lost == 1
    assert not sync_all(app).changed
    known = roles_known(app)
    assert "orchard.sower" not in known
    assert "elsewhere.role" in known, "its plugin may only be left out at the moment"
    with app.app_context(), platform_session("a test tidies up") as session:
        session.execute(text("DELETE FROM ab_role WHERE name = 'elsewhere.role'"))


def test_who_leaves_loses_it(house, tenant, picker):
    with house.app.app_context():
        remove_member(picker.id, tenant.id)
    with house.inside(tenant) as session:
        assert session.scalars(select(MembershipRole).where(MembershipRole.role == PICKER)).all() == []
