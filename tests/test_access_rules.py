"""Row and field rules hold wherever a resource is read or written: lists, search, counts, forms, REST values."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict

from app.contacts.models import Contact
from app.data import db
from app.features.access_rules import AccessRule
from app.host import registry
from app.host.custom_fields import CustomFieldDef
from app.identity import acting_as
from app.identity.sessions import open_session
from app.identity.who import find_who
from app.screens.reading import BadArguments, Surface, parse_list, read_list
from app.screens.writing import NotAllowed, read_form, read_json, save


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def person_of(house, tenant):
    def find(role):
        with house.app.test_request_context():
            token = open_session(house.people[tenant.slug, role].id)
            return find_who(token, None, tenant.slug, None).principal

    return find


@pytest.fixture
def as_person(house, tenant, person_of):
    """Surface of contacts for a role, as a request of theirs would make it."""
    from contextlib import contextmanager

    @contextmanager
    def enter(role):
        person = person_of(role)
        with house.inside(tenant, person.uid), acting_as(person):
            yield Surface(registry().entries["contacts.contact"], db.session())

    return enter


def names(surface, **arguments):
    listing = read_list(surface, parse_list(surface, MultiDict(arguments)))
    return {
        dict(zip([c.name for c in listing.columns], line.values, strict=True))["full_name"] for line in listing.lines
    }


def make(surface, first_name, **values):
    row = save(surface, read_form(surface, MultiDict({"first_name": first_name, **values}), None), None)
    surface.session.commit()
    return row.id


def test_own_rows_only_holds_for_list_search_count_get_and_save(house, tenant, as_person):
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), tenant=tenant)
    with as_person("owner") as surface:
        foreign = make(surface, "Ownersown")
        boss = str(surface.person.membership_id)
    with as_person("agent") as surface:
        mine = make(surface, "Agentsown")
        assert names(surface) == {"Agentsown"}
        assert names(surface, q="ownersown") == set()
        assert read_list(surface, parse_list(surface, MultiDict())).count.value == 1
        assert surface.get(foreign) is None
        assert surface.get(mine).assigned_to_id == surface.person.membership_id, "whoever adds it without an owner"
        with pytest.raises(NotAllowed):
            save(surface, read_form(surface, MultiDict({"first_name": "Slipped", "assigned_to": boss}), None), None)
        surface.session.rollback()
    with as_person("owner") as surface:
        assert names(surface) == {"Ownersown", "Agentsown"}, "the rule is the agent's alone"


def test_hidden_and_readonly_fields(house, tenant, as_person):
    rule = AccessRule(role="agent", resource="contacts.contact", hidden=["birthday"], readonly=["source"])
    house.add(rule, tenant=tenant)
    with as_person("owner") as surface:
        person = make(surface, "Somebody", birthday="1990-01-02", source="fair")
    with as_person("agent") as surface:
        assert "birthday" not in surface.fields
        assert "birthday" not in surface.editable(is_new=False)
        assert "source" in surface.fields
        assert "source" not in surface.editable(is_new=False)
        for name in ("birthday.is", "birthday.empty"):
            with pytest.raises(BadArguments):
                parse_list(surface, MultiDict({name: "1990-01-02"}))
        with pytest.raises(BadArguments):
            parse_list(surface, MultiDict({"columns": "full_name,birthday"}))
        row = surface.get(person)
        refused = read_json(surface, {"birthday": "2000-01-01", "source": "mine"}, row)
        assert set(refused.errors) == {"birthday", "source"}
        form = read_form(surface, MultiDict({"first_name": "Else", "birthday": "2000-01-01", "source": "mine"}), row)
        save(surface, form, row)
        surface.session.commit()
    with house.inside(tenant) as session:
        stored = session.get(Contact, person)
        assert (stored.first_name, str(stored.birthday), stored.source) == ("Else", "1990-01-02", "fair")


def test_a_second_role_without_the_rule_lifts_it(house, tenant, as_person, app):
    from app.identity.services import add_member

    house.add(
        AccessRule(role="agent", resource="contacts.contact", row_scope="own", hidden=["birthday"]), tenant=tenant
    )
    with as_person("owner") as surface:
        make(surface, "Visible")
    with app.app_context():
        add_member(house.people[tenant.slug, "agent"], tenant, "manager")
    with as_person("agent") as surface:
        assert names(surface) == {"Visible"}
        assert "birthday" in surface.fields


def test_rules_take_effect_at_once(house, tenant, as_person):
    with as_person("agent") as surface:
        assert "birthday" in surface.fields
    house.add(AccessRule(role="agent", resource="contacts.contact", hidden=["birthday"]), tenant=tenant)
    with as_person("agent") as surface:
        assert "birthday" not in surface.fields


def test_notes_and_files_follow_the_record_they_hang_on(house, tenant, as_person):
    with as_person("owner") as surface:
        person = make(surface, "Secretive")
    note = {"target_type": "contacts.contact", "target_id": str(person), "content": "A secret of theirs"}
    assert house.api("owner", tenant).post("/contacts/note", json=note).status_code == 201
    agent = house.api("agent", tenant)
    assert "A secret" in agent.get("/contacts/note").text
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), tenant=tenant)
    assert "A secret" not in agent.get("/contacts/note").text
    assert "A secret" not in house.browser("agent", tenant).go("/contacts/note/").text
    assert agent.post("/contacts/note", json=note).status_code == 422


def test_fields_are_offered_by_their_labels_and_stored_by_name(house, tenant):
    browser = house.browser("owner", tenant)
    page = browser.go("/console/access_rule/add")
    assert 'data-beside="resource"' in page.text
    pick = "/console/access_rule/pick/hidden"
    found = browser.go(f"{pick}?beside=contacts.contact&q=posit").json["results"]
    assert found == [{"id": "position", "label": "Position", "hint": "position"}]
    everything = browser.go(f"{pick}?beside=contacts.contact&q=").json["results"]
    names = [one["id"] for one in everything]
    assert {"birthday", "company", "locale"} <= set(names)
    assert "industry" not in names
    anywhere = [one["id"] for one in browser.go(f"{pick}?beside=&q=").json["results"]]
    assert {"birthday", "industry"} <= set(anywhere)
    assert len(anywhere) == len(set(anywhere))
    assert browser.go(f"{pick}?beside=no.such&q=").json["results"] == []


def test_a_label_is_understood_where_names_are_typed(house, tenant):
    api = house.api("owner", tenant)
    rule = {"role": "viewer", "resource": "contacts.contact", "row_scope": "default"}
    made = api.post("/console/access_rule", {**rule, "hidden": ["Birthday", "birthday"], "readonly": ["time ZONE"]})
    assert made.status_code == 201, made.text
    assert (made.json["hidden"], made.json["readonly"]) == (["birthday"], ["timezone"])
    refused = api.post("/console/access_rule", {**rule, "role": "agent", "hidden": ["Wingspan"]})
    assert refused.status_code == 422
    assert "have no field “Wingspan”" in refused.text


def test_fields_of_ones_own_are_offered_to_rules(house, tenant):
    house.add(CustomFieldDef(resource="contacts.contact", key="shoe", label="Shoe size", kind="integer"), tenant=tenant)
    browser = house.browser("owner", tenant)
    found = browser.go("/console/access_rule/pick/readonly?beside=contacts.contact&q=shoe").json["results"]
    assert [(one["id"], one["label"]) for one in found] == [("custom.shoe", "Shoe size")]


def test_a_resource_lets_people_reach_rows_besides_their_scope(house, tenant, as_person):
    """`also` widens a narrow scope, and the rules of fields and the trash hold on; it narrows nothing."""
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), tenant=tenant)
    with as_person("manager") as surface:
        make(surface, "Shared", source="fair")
        make(surface, "Hidden")
    asked = []

    def of_the_fair(person):
        asked.append(person)
        return Contact.source == "fair" if "agent" in person.roles else None

    with as_person("agent") as surface:
        make(surface, "Mine")
        assert names(surface) == {"Mine"}
        resource = replace(surface.entry.resource, also=of_the_fair)
        wider = Surface(replace(surface.entry, resource=resource), db.session())
        assert names(wider) == {"Mine", "Shared"}
    with as_person("manager") as surface:
        wider = Surface(replace(surface.entry, resource=resource), db.session())
        assert names(wider) >= {"Mine", "Shared", "Hidden"}
    assert {"agent" in person.roles for person in asked} == {True}, "who reaches all is not asked about"
