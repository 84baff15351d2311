"""Teams: whose records their members reach, at once and in every process; who may know of a team at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.console import teams
from app.contacts.models import Contact
from app.features.access_rules import FULL, Access, AccessRule, access_of
from app.host import FieldError
from app.host.claims import ClaimError, check_resources
from app.identity.acting import find_acting
from app.identity.principal import acting_as
from app.identity.services import add_member, remove_member
from app.identity.sessions import open_session
from app.identity.who import find_who
from app.messaging.receivers import members_with_role
from app.tenancy.models import Membership, Team, TeamMember
from app.testing.counting import count_statements

CONTACTS = "contacts.contact"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def members(house, tenant):
    """The membership of each role, and a second agent: `other`."""
    house.people[tenant.slug, "other"] = house.new_person("agent", tenant)
    with house.inside(tenant) as session:
        ids = dict(session.execute(select(Membership.account_id, Membership.id)).all())
    people = {role: account for (slug, role), account in house.people.items() if slug == tenant.slug}
    return {role: ids[account.id] for role, account in people.items()}


@pytest.fixture
def owned(house, tenant, members):
    """One contact of each member, called like its owner."""
    people = [Contact(first_name=role, full_name=role, assigned_to_id=key) for role, key in members.items()]
    house.add(*people, Contact(first_name="nobody", full_name="nobody"), tenant=tenant)


def limit(house, tenant, scope, role="agent"):
    house.add(AccessRule(role=role, resource=CONTACTS, row_scope=scope), tenant=tenant)


def new_team(house, tenant, *places, **values):
    """A team with (membership, role) places; returns its id."""
    [team] = house.add(Team(name=values.pop("name", "Sales"), **values), tenant=tenant)
    house.add(*(TeamMember(team_id=team, membership_id=who, role=role) for who, role in places), tenant=tenant)
    return team


def seen(api):
    """First names within reach. A team reaches what nobody has as well: somebody must take it."""
    return {row["first_name"] for row in api.get("/contacts/contact").json["data"]}


def test_a_team_reaches_what_belongs_to_its_members_at_once(house, tenant, members, owned):
    limit(house, tenant, "team")
    api, browser = house.api("agent", tenant), house.browser("agent", tenant)
    assert seen(api) == {"nobody", "agent"}
    team = new_team(house, tenant, (members["agent"], "member"), (members["manager"], "member"))
    new_team(house, tenant, (members["viewer"], "member"), name="Others")
    assert seen(api) == {"nobody", "agent", "manager"}
    owner = house.api("owner", tenant)
    place = owner.post("/console/team_member", {"team": str(team), "membership": members["other"], "role": "member"})
    assert seen(api) == {"nobody", "agent", "manager", "other"}
    assert "viewer" not in browser.go("/contacts/contact/").text.split("<main")[1]
    left = owner.post("/console/team_member/actions/leave", {"ids": [place.json["id"]]})
    assert left.status_code == 200
    assert seen(api) == {"nobody", "agent", "manager"}
    kept = owner.get(f"/console/team_member/{place.json['id']}").json
    assert kept["left_at"] is not None
    again = {"team": str(team), "membership": members["other"], "role": "lead"}
    assert owner.post("/console/team_member", again).status_code == 201
    refused = owner.post("/console/team_member", again)
    assert refused.json["errors"] == {"membership": "This person is in the team already."}


def test_an_archived_team_reaches_nothing_and_takes_nobody(house, tenant, members, owned):
    limit(house, tenant, "team")
    team = str(new_team(house, tenant, (members["agent"], "member"), (members["manager"], "member")))
    owner, agent = house.api("owner", tenant), house.api("agent", tenant)
    assert owner.post("/console/team/actions/archive", {"ids": [team]}).status_code == 200
    assert seen(agent) == {"nobody", "agent"}
    place = {"team": team, "membership": members["other"], "role": "member"}
    assert owner.post("/console/team_member", place).json["errors"] == {"team": "This team is archived."}
    owner.post("/console/team/actions/unarchive", {"ids": [team]})
    assert seen(agent) == {"nobody", "agent", "manager"}


def test_a_lead_reaches_their_team_even_where_others_reach_only_their_own(house, tenant, members, owned):
    limit(house, tenant, "own")
    new_team(house, tenant, (members["agent"], "lead"), (members["other"], "member"))
    assert seen(house.api("agent", tenant)) == {"agent", "other"}
    assert seen(house.api("other", tenant)) == {"other"}


def test_who_leaves_the_tenant_leaves_its_teams(house, app, tenant, members, owned):
    limit(house, tenant, "team")
    team = new_team(house, tenant, (members["agent"], "member"), (members["other"], "member"))
    api = house.api("agent", tenant)
    assert seen(api) == {"nobody", "agent", "other"}
    with app.app_context():
        remove_member(house.people[tenant.slug, "other"].id, tenant.id)
    assert seen(api) == {"nobody", "agent"}
    with house.inside(tenant) as session:
        places = session.scalars(select(TeamMember).where(TeamMember.team_id == team)).all()
        assert {place.membership_id: place.left_at is None for place in places} == {
            members["agent"]: True, members["other"]: False,
        }  # fmt: skip
    with app.app_context():
        add_member(house.people[tenant.slug, "other"], tenant, "agent")
    assert seen(api) == {"nobody", "agent"}, "coming back gives no place back"


def test_notes_files_and_inline_rows_follow_their_record(house, tenant, members, owned):
    limit(house, tenant, "own")
    owner, agent = house.api("owner", tenant), house.api("agent", tenant)
    far = owner.post("/contacts/contact", {"first_name": "Far", "assigned_to": str(members["owner"])}).json["id"]
    near = agent.post("/contacts/contact", {"first_name": "Near"}).json["id"]
    foreign = {"contact": far, "kind": "email", "value": "far@x.example"}
    channel = owner.post("/contacts/channel", foreign).json["id"]
    assert agent.post("/contacts/channel", {**foreign, "value": "mine@x.example"}).status_code == 422
    own = agent.post("/contacts/channel", {"contact": near, "kind": "phone", "value": "+966500000001"})
    assert own.status_code == 201, own.text
    assert [row["id"] for row in agent.get("/contacts/channel").json["data"]] == [own.json["id"]]
    assert agent.get(f"/contacts/channel/{channel}").status_code == 404
    found = agent.get("/contacts/contact?q=966500000001").json["data"]
    assert [row["first_name"] for row in found] == ["Near"], "one's own are found by rows inside their form"
    assert agent.get("/contacts/contact?q=far@x.example").json["data"] == []
    assert agent.get(f"/contacts/contact/{far}/history").status_code == 404


def test_a_scope_costs_no_statement(house, tenant, members, owned):
    api = house.api("agent", tenant)

    def cost():
        api.get("/contacts/contact?count=exact")
        with count_statements() as statements:
            api.get("/contacts/contact?count=exact")
        return statements

    before = cost()
    limit(house, tenant, "team")
    new_team(house, tenant, (members["agent"], "member"), (members["other"], "member"))
    after = cost()
    assert len(after) == len(before), after.report()
    assert "contact.assigned_to_id = ANY (" in after[-1], "an array of ids, which the index of the owner serves"


def test_a_resource_declares_scopes_that_a_tenants_rule_overrides(house, tenant):
    usual = {"agent": "own", "manager": "team"}
    with house.app.test_request_context():
        agent = find_who(open_session(house.people[tenant.slug, "agent"].id), None, tenant.slug, None).principal
    both = replace(agent, roles=("agent", "manager"))
    with house.inside(tenant) as session:
        assert access_of(session, agent, CONTACTS, usual) == Access("own")
        assert access_of(session, both, CONTACTS, usual) == Access("team")
        assert access_of(session, replace(agent, roles=("owner",)), CONTACTS, usual) == FULL
        session.add(AccessRule(role="agent", resource=CONTACTS, hidden=["source"]))
        session.commit()
        fresh = replace(agent, tenant=replace(agent.tenant, config_version=99))
        hiding = access_of(session, fresh, CONTACTS, usual)
        assert (hiding.scope, hiding.hidden) == ("own", {"source"}), "a rule about fields leaves the rows as declared"
        session.add(AccessRule(role="manager", resource=CONTACTS, row_scope="all"))
        session.commit()
        wide = replace(both, tenant=replace(agent.tenant, config_version=100))
        assert access_of(session, wide, CONTACTS, usual) == FULL


@pytest.mark.parametrize("scopes", [{"boss": "own"}, {"agent": "mine"}])
def test_impossible_scopes_are_refused_at_the_start(app, scopes):
    entry = registry_of(app).entries["garage.vehicle"]
    with pytest.raises(ClaimError, match="there is no"):
        check_resources(entry.plugin, [replace(entry.resource, scopes=scopes)])


def registry_of(app):
    return app.extensions["tenantry"]


def test_a_secret_team_is_not_there_for_others(house, tenant, members):
    team = new_team(house, tenant, (members["agent"], "member"), name="Zephyrplan", privacy="secret")
    for role, sees in {"agent": True, "owner": True, "admin": False, "manager": False, "viewer": False}.items():
        api, browser = house.api(role, tenant), house.browser(role, tenant)
        answers = {
            "list": browser.go("/console/team/").text,
            "list of places": browser.go("/console/team_member/").text,
            "REST": api.get("/console/team?count=exact").text,
            "search": api.get("/console/team?q=zephyr").text,
            "everywhere": api.get("/search?q=zephyr").text,
            "page of a member": browser.go(f"/console/member/{members['agent']}").text,
        }
        found = {name for name, text in answers.items() if "Zephyrplan" in text}
        assert bool(found) == sees, (role, found)
        assert api.get("/console/team?count=exact").json["count"]["value"] == int(sees), role
        assert api.get(f"/console/team/{team}").status_code == (200 if sees else 404), role
    body = {"ids": [str(members["viewer"])], "team": str(team), "role": "member"}
    refused = house.api("admin", tenant).post("/console/member/actions/add_to_team", body)
    assert refused.json["errors"] == {"team": "The chosen Team does not exist (any more)."}
    picked = house.browser("admin", tenant).go("/console/member/pick/add_to_team/team?q=zeph")
    assert picked.json["results"] == []


def test_an_admin_who_makes_a_secret_team_leads_it(house, tenant, members):
    admin = house.api("admin", tenant)
    made = admin.post("/console/team", {"name": "Quiet", "privacy": "secret"})
    assert made.status_code == 201, made.text
    [place] = admin.get("/console/team_member").json["data"]
    assert (place["membership"], place["role"]) == (str(members["admin"]), "lead")


def test_only_members_see_who_is_in_a_private_team(house, tenant, members):
    new_team(house, tenant, (members["agent"], "member"), privacy="private")
    shown = {role: len(house.api(role, tenant).get("/console/team_member").json["data"]) for role in members}
    assert shown == {"owner": 1, "admin": 1, "manager": 0, "agent": 1, "viewer": 0, "other": 0}
    assert len(house.api("viewer", tenant).get("/console/team").json["data"]) == 1


def test_several_members_are_added_at_once(house, tenant, members):
    team = new_team(house, tenant, (members["agent"], "member"))
    chosen = {"ids": [str(members["agent"]), str(members["other"])], "team": str(team), "role": "lead"}
    assert house.api("owner", tenant).post("/console/member/actions/add_to_team", chosen).status_code == 200
    with house.inside(tenant) as session:
        roles = session.execute(select(TeamMember.membership_id, TeamMember.role)).all()
    assert dict(roles) == {members["agent"]: "lead", members["other"]: "lead"}
    assert house.api("manager", tenant).post("/console/member/actions/add_to_team", chosen).status_code == 403


def test_a_bulk_action_leaves_out_what_is_out_of_reach(house, tenant, members, owned):
    """The same condition serves actions, so nobody changes by id what they cannot see."""
    limit(house, tenant, "team")
    with house.inside(tenant) as session:
        far = session.scalars(select(Contact.id).where(Contact.first_name == "viewer")).one()
    assert house.api("agent", tenant).patch(f"/contacts/contact/{far}", {"first_name": "x"}).status_code == 404


def test_a_team_gives_its_members_a_role_for_as_long_as_they_are_in_it(house, tenant, members):
    with house.inside(tenant):
        assert members["viewer"] not in members_with_role("manager")
    team = new_team(house, tenant, (members["viewer"], "member"), gives_role="manager")
    api, owner = house.api("viewer", tenant), house.api("owner", tenant)
    assert api.post("/contacts/contact", {"first_name": "Made by a viewer"}).status_code == 201
    with house.inside(tenant):
        assert {members["viewer"], members["manager"]} <= set(members_with_role("manager"))
        account = house.people[tenant.slug, "viewer"]
        assert find_acting(account.uid, tenant.id).principal.roles == ("manager", "viewer")
    assert owner.post("/console/team/actions/archive", {"ids": [str(team)]}).status_code == 200
    assert api.post("/contacts/contact", {"first_name": "Too late"}).status_code == 403
    with house.inside(tenant):
        assert members["viewer"] not in members_with_role("manager")
    assert owner.post("/console/team/actions/unarchive", {"ids": [str(team)]}).status_code == 200
    assert api.post("/contacts/contact", {"first_name": "Again"}).status_code == 201
    [place] = owner.get("/console/team_member").json["data"]
    assert owner.post("/console/team_member/actions/leave", {"ids": [place["id"]]}).status_code == 200
    assert api.post("/contacts/contact", {"first_name": "After leaving"}).status_code == 403


def test_no_team_gives_a_role_above_that_of_who_fills_it(house, tenant, members):
    """Managers may keep teams here: they neither promote anybody to admin by one, nor take an admin's role away."""
    team = new_team(house, tenant, (members["admin"], "member"), gives_role="admin")
    plain = new_team(house, tenant, name="Plain")
    account = house.people[tenant.slug, "manager"]
    with house.inside(tenant) as session, acting_as(find_acting(account.uid, tenant.id).principal):
        home, other = session.get_one(Team, team), session.get_one(Team, plain)
        viewer, [place] = session.get_one(Membership, members["viewer"]), home.members
        promoted = Team(name="New", gives_role="admin")
        other.gives_role = "admin"
        ways = (
            lambda: teams.add_to_team([viewer], team, "member"),
            lambda: teams.check_place(TeamMember(team_id=team, membership_id=viewer.id, role="member"), True),
            lambda: teams.leave([place]),
            lambda: teams.archive([home]),
            lambda: teams.check_team(promoted, True),
            lambda: teams.check_team(other, False),
        )
        for way in ways:
            with pytest.raises(FieldError, match="above your own"):
                way()
        home.gives_role = "manager"
        with pytest.raises(FieldError, match="above your own"):
            teams.check_team(home, False)
        other.gives_role = "agent"
        teams.check_team(other, False)
        session.rollback()
