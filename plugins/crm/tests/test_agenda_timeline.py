"""Calls, tasks and appointments on the timelines of a lead and of its contact."""

from __future__ import annotations

from sqlalchemy import select

from app.sdk import Contact, utcnow
from plugins.crm.models import Activity, Task
from plugins.crm.tests.agenda import LATER, member_of, new_appointment, new_lead


def test_what_was_done_stands_on_the_timeline_of_lead_and_contact(house):
    tenant = house.new_tenant()
    owner = member_of(house, tenant, "owner")
    lead = new_lead(house, tenant, owner, email="nora@example.com")
    api = house.api("owner", tenant)
    api.post(f"/crm/lead/{lead}/actions/log_call", json={"result": "reached", "minutes": 12, "notes": "Wants an offer"})
    with house.inside(tenant) as session:
        contact = session.scalars(select(Contact.id)).one()
        assert session.scalars(select(Activity)).one().contact_id == contact
    task = Task(title="Write", state="done", done_at=utcnow(), lead_id=lead, contact_id=contact)
    house.add(task, Task(title="Send terms", lead_id=lead, contact_id=contact), tenant=tenant)
    new_appointment(house, tenant, lead, owner, LATER, kind="visit")
    browser = house.browser("owner", tenant)
    page = browser.go(f"/crm/lead/{lead}/timeline").text
    assert "Call · Reached · 12 minutes" in page
    assert "Wants an offer" in page
    assert "Task · Done: Write" in page
    assert "Task · To do: Send terms" in page, "what is to be done as well"
    assert "Visit · Scheduled: Talk" in page
    page = browser.go(f"/contacts/contact/{contact}/timeline").text
    assert "Call · Reached" in page
    assert "Task · Done: Write" in page
