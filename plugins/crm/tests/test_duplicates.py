"""Leads of a contact who has an open lead already: asked about on every way in, nothing told of what is unseen."""

from __future__ import annotations

import pytest

from app.sdk import Contact, ContactChannel
from app.testing.counting import count_statements
from plugins.crm.models import Lead
from plugins.crm.tests.agenda import member_of
from tests.transfer_house import bring, problems


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA")


@pytest.fixture
def nora(house, tenant):
    contact = Contact(full_name="Nora Salem", first_name="Nora", last_name="Salem")
    contact.channels.append(
        ContactChannel(kind="email", value="nora@mail.example", value_normalised="nora@mail.example")
    )
    (key,) = house.add(contact, tenant=tenant)
    return key


@pytest.fixture
def lead(house, tenant, nora):
    """Nora's open lead, which a manager looks after and an agent may not see."""
    body = {"title": "Secret fleet", "contact": str(nora), "assigned_to": str(member_of(house, tenant, "manager"))}
    made = house.api("manager", tenant).post("/crm/lead", body)
    assert made.status_code == 201, made.text
    return made.json["id"]


def test_who_sees_the_other_lead_is_led_to_it(house, tenant, nora, lead):
    api = house.api("owner", tenant)
    body = {"title": "Quite another matter", "contact": str(nora)}
    asked = api.post("/crm/lead", body)
    assert asked.status_code == 409
    (doubt,) = asked.json["warnings"]
    assert doubt["code"] == "open_lead"
    assert "Secret fleet" in doubt["message"]
    assert doubt["href"].endswith(f"/crm/lead/{lead}")
    assert api.post("/crm/lead?confirm=true", body).status_code == 201


def test_who_does_not_see_it_hears_whom_to_ask_and_nothing_else(house, tenant, nora, lead):
    api = house.api("agent", tenant)
    assert api.get(f"/crm/lead/{lead}").status_code == 404
    asked = api.post("/crm/lead", {"title": "Spare parts", "contact": str(nora)})
    assert asked.status_code == 409
    assert "Please ask" in asked.text
    for secret in ("Secret fleet", lead):
        assert secret not in asked.text
    page = house.browser("agent", tenant).send("/crm/lead/add", {"title": "Spare parts", "contact": str(nora)})
    assert "has an open lead already" in page.text
    assert "Secret fleet" not in page.text
    assert api.post("/crm/lead?confirm=true", {"title": "Spare parts", "contact": str(nora)}).status_code == 201


def test_it_is_asked_once_and_not_about_closed_leads(house, tenant, nora, lead):
    api = house.api("owner", tenant)
    other = api.post("/crm/lead", {"title": "Of nobody"}).json
    moved = api.patch(f"/crm/lead/{other['id']}", {"contact": str(nora)})
    assert moved.status_code == 409, "the contact is new to it"
    assert api.patch(f"/crm/lead/{other['id']}?confirm=true", {"contact": str(nora)}).status_code == 200
    assert api.patch(f"/crm/lead/{other['id']}", {"description": "x"}).status_code == 200
    for one in (lead, other["id"]):
        assert api.post(f"/crm/lead/{one}/actions/win").status_code == 200
    assert api.post("/crm/lead", {"title": "A year later", "contact": str(nora)}).status_code == 201


def test_imports_say_it_or_leave_such_lines_out(app, house, tenant, nora, lead):
    file = b"Title,E-mail\nQuite another matter,nora@mail.example\nA stranger,omar@mail.example\n"
    record = bring(app, tenant, "crm.lead", file)
    assert (record.created, record.failed) == (2, 0)
    ((_line, found),) = problems(app, tenant, record).items()
    assert "has an open lead already" in str(found)


def test_several_leads_of_one_contact_stay_two_statements(app, house, tenant, nora, lead):
    """What imports ask for a chunk does not grow with its lines."""
    from plugins.crm.services.duplicates import suspects

    with house.inside(tenant) as session:
        rows = [Lead(title=f"Lead {number}", contact_id=nora, tags=[], custom_fields={}) for number in range(40)]
        with count_statements() as sent, session.no_autoflush:
            found = suspects(session(), rows, max(row.id for row in rows))
    assert len(found) == 40
    assert len(sent) <= 8
