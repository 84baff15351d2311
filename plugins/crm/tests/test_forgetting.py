"""A person who is forgotten: no word about them is left in the CRM, whatever it hung on."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from app.contacts.models import Note
from app.contacts.timeline import TimelineEntry
from app.sdk import utcnow
from app.testing.pumping import pump
from plugins.crm.models import Activity, Appointment, Lead, Task
from plugins.crm.tests.agenda import LATER, member_of, new_lead

WORDS = ("title", "notes", "location", "subject", "description", "content")


@pytest.fixture
def place(house):
    """Nora's lead with an appointment and a note, and one that became hers after a call and a task were written."""
    tenant = house.new_tenant()
    agent, api = member_of(house, tenant), house.api("owner", tenant)
    lead = new_lead(house, tenant, agent, title="Zqnora", email="nora@example.com")
    later_hers = new_lead(house, tenant, agent, title="Zqkitchen")
    house.add(
        Activity(kind="call", subject="Zqcall", notes="Zqsaid", lead_id=later_hers, at=utcnow()),
        Task(title="Zqtask", lead_id=later_hers, state="open"), tenant=tenant,
    )  # fmt: skip
    values = {"lead": str(lead), "assignee": str(agent), "scheduled_at": LATER.isoformat(), "notes": "Zqnotes"}
    assert api.post("/crm/appointment", {**values, "location": "Zqhome"}).status_code == 201
    hung = {"target_type": "crm.lead", "target_id": str(lead), "content": "Zqnote"}
    assert api.post("/contacts/note", hung).status_code == 201
    with house.inside(tenant) as session:
        contact = session.get(Lead, lead).contact_id
    assert api.patch(f"/crm/lead/{later_hers}?confirm=1", {"contact": str(contact)}).status_code == 200
    return tenant, contact, later_hers


def left(house, tenant):
    """What the tenant's records, histories and search still say of the person."""
    found = []
    with house.inside(tenant) as session:
        for model in (Lead, Activity, Appointment, Task, Note):
            for row in session.scalars(select(model)):
                found += [getattr(row, name) for name in WORDS if "Zq" in str(getattr(row, name, None))]
        found += [one for one in session.scalars(select(TimelineEntry.facts)) if "Zq" in json.dumps(one)]
        found += session.scalars(text("SELECT body FROM audit_entry WHERE body LIKE '%Zq%'")).all()
        found += session.scalars(text("SELECT token FROM search_token WHERE token LIKE 'zq%'")).all()
    return found


def test_no_word_of_a_forgotten_person_is_left(app, house, place):
    tenant, contact, _later_hers = place
    pump(app)
    assert left(house, tenant)
    answer = house.api("owner", tenant).post(f"/contacts/contact/{contact}/actions/forget")
    assert answer.status_code == 200, answer.text
    pump(app)
    assert left(house, tenant) == []


def test_what_was_said_to_somebody_else_about_the_same_lead_stays(app, house, place):
    tenant, contact, later_hers = place
    with house.inside(tenant) as session:
        bob = session.get(Lead, new_lead(house, tenant, title="Bob", email="bob@example.com")).contact_id
    house.add(Activity(kind="call", subject="Bob's", lead_id=later_hers, contact_id=bob, at=utcnow()), tenant=tenant)
    house.api("owner", tenant).post(f"/contacts/contact/{contact}/actions/forget")
    with house.inside(tenant) as session:
        assert sorted(session.scalars(select(Activity.subject)), key=str) == ["Bob's", None]


def test_the_file_of_a_person_has_their_appointments_and_what_names_nobody_but_a_lead_of_theirs(house, place):
    tenant, contact, _later_hers = place
    known = house.browser("owner", tenant).go(f"/contacts/privacy/{contact}").json["crm"]
    assert [one["location"] for one in known["appointments"]] == ["Zqhome"]
    assert [one["subject"] for one in known["activities"]] == ["Zqcall"]
    assert [one["title"] for one in known["tasks"]] == ["Zqtask"]
