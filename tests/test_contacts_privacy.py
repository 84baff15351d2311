"""Everything that is known of a person, as a file, and forgetting it, in every plugin that is installed."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.audit.models import AuditEntry
from app.contacts.models import Consent, Contact, ContactChannel, Note
from app.host.lifecycle import switch
from app.testing.pumping import pump
from plugins.crm.models import Activity, Lead
from tests.plugins_for_tests.orchard.models import Tree


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def person(house, tenant):
    """Somebody whom contacts, sales and the orchard know."""
    with house.inside(tenant) as session:
        one = Contact(first_name="Salma", last_name="Qasim", full_name="Salma Qasim", position="Baker")
        address = "salma@baker.example"
        one.channels.append(ContactChannel(kind="email", value=address, value_normalised=address))
        session.add(one)
        session.flush()
        session.add(Consent(contact_id=one.id, channel="email", state="given", source="form"))
        session.add(Note(target_type="contacts.contact", target_id=one.id, content="Salma likes figs"))
        session.add(Tree(name="Fig", owner_id=one.id))
        session.commit()
        key = one.id
    api = house.api("owner", tenant)
    assert api.post("/crm/lead", {"title": "Ovens for Salma", "contact": str(key)}).status_code == 201
    made = api.post("/crm/activity", {"kind": "call", "subject": "Salma called", "contact": str(key)})
    assert made.status_code == 201, made.json
    return key


def test_the_file_holds_what_every_plugin_knows(house, tenant, person):
    answer = house.browser("owner", tenant).go(f"/contacts/privacy/{person}")
    assert answer.status_code == 200
    known = answer.json
    assert known["contacts"]["contact"]["position"] == "Baker"
    assert known["contacts"]["channels"][0]["value"] == "salma@baker.example"
    assert known["contacts"]["notes"] == ["Salma likes figs"]
    assert known["crm"]["leads"][0]["title"] == "Ovens for Salma"
    assert known["crm"]["activities"][0]["subject"] == "Salma called"
    assert known["orchard"] == {"trees": ["Fig"]}


def test_it_is_not_for_everybody(house, tenant, person):
    for role in ("manager", "agent", "viewer"):
        assert house.browser(role, tenant).go(f"/contacts/privacy/{person}").status_code == 403
        assert house.api(role, tenant).post(f"/contacts/contact/{person}/actions/forget", {}).status_code == 403
    assert house.browser("owner", house.globex).go(f"/contacts/privacy/{person}").status_code == 404
    assert "/related/contacts__privacy" in house.browser("owner", tenant).go(f"/contacts/contact/{person}").text
    assert "/related/contacts__privacy" not in house.browser("viewer", tenant).go(f"/contacts/contact/{person}").text


def test_plugins_that_are_off_are_asked_as_well(house, tenant, person):
    with house.inside(tenant) as session:
        switch(tenant, "orchard", "off")
        session.commit()
    assert house.browser("owner", tenant).go(f"/contacts/privacy/{person}").json["orchard"] == {"trees": ["Fig"]}


def test_forgetting_leaves_no_word_of_the_person(app, house, tenant, person):
    answer = house.api("owner", tenant).post(f"/contacts/contact/{person}/actions/forget", {})
    assert answer.status_code == 200, answer.json
    pump(app)
    with house.inside(tenant) as session:
        contact = session.get(Contact, person)
        assert (contact.full_name, contact.position, contact.channels) == ("Forgotten person", None, [])
        assert session.scalars(select(Consent.state)).all() == ["given"]
        assert [lead.title for lead in session.scalars(select(Lead))] == ["Forgotten person"]
        assert session.scalars(select(Activity.subject)).all() == [None]
        assert session.scalars(select(Tree.owner_id)).all() == [None]
        about = session.scalars(select(AuditEntry.body).where(AuditEntry.target_id == person)).all()
        assert about
        assert not [body for body in about if body and "Salma" in body]
        found = session.execute(text("SELECT kind, token FROM search_token WHERE token LIKE 'salma%'")).all()
        assert found == []


def test_one_plugin_that_refuses_stops_everything(app, house, tenant, person, monkeypatch):
    def refuse(contact):
        raise ValueError("The law keeps this tree.")

    known = app.extensions["tenantry"]
    [implementation] = [one for one in known.hooks.hook.erase_contact.get_hookimpls() if one.plugin_name == "orchard"]
    monkeypatch.setattr(implementation, "function", refuse)
    answer = house.api("owner", tenant).post(f"/contacts/contact/{person}/actions/forget", {})
    assert answer.status_code == 409
    assert "The law keeps this tree." in answer.text
    with house.inside(tenant) as session:
        assert session.get(Contact, person).full_name == "Salma Qasim"
