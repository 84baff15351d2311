"""Leads and people for the tests of the day's work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.sdk import Contact, ContactChannel, Member, utcnow
from plugins.crm.models import Appointment, Lead, Stage
from plugins.crm.services import leads

LATER = datetime(2031, 3, 5, 9, 0, tzinfo=UTC)
"""A Wednesday morning, far enough away for every test."""


def member_of(house, tenant, role="agent"):
    """The membership of the person with a role."""
    account = house.people[tenant.slug, role]
    with house.inside(tenant) as session:
        return session.scalar(select(Member.id).where(Member.account_id == account.id))


def new_lead(house, tenant, owner=None, *, title="Nora's order", email="", **values):
    """A lead, with a contact when an address is given. Returns its id."""
    with house.inside(tenant) as session:
        contact = None
        if email:
            contact = Contact(first_name="Nora", full_name="Nora", locale=values.pop("locale", None))
            contact.channels = [ContactChannel(kind="email", value=email, value_normalised=email)]
            session.add(contact)
            session.flush()
        kind = values.pop("stage", "open")
        stage = session.scalars(select(Stage).where(Stage.kind == kind).order_by(Stage.position)).first()
        lead = Lead(title=title, stage_id=stage.id, assigned_to_id=owner, contact_id=contact and contact.id, **values)
        leads.complete(lead, True)
        lead.assigned_to_id = owner
        lead.won_at = utcnow() if kind == "won" else None
        session.add(lead)
        session.commit()
        return lead.id


def new_appointment(house, tenant, lead_id, member_id, at=LATER, minutes=30, **values):
    """An appointment as it is stored. Returns its id."""
    row = Appointment(
        lead_id=lead_id, assignee_id=member_id, title="Talk", timezone="UTC", scheduled_at=at,
        ends_at=at + timedelta(minutes=minutes), **values,
    )  # fmt: skip
    return house.add(row, tenant=tenant)[0]
