"""Leads from a table find or make their contacts."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.sdk import Contact, ContactChannel
from plugins.crm.models import Lead
from tests.transfer_house import bring, inside, problems, take_back

FILE = """Title,E-mail,Phone,First name,Last name
Fleet service,nora@mail.example,050 123 4567,Nora,Salem
Spare parts,NORA@mail.example,,N.,
Training,,0501234568,Omar,Zaid
Broken,nobody,,X,Y
"""


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA")


def leads(app, tenant):
    with inside(app, tenant) as session:
        rows = select(Lead.title, Contact.full_name).join(Contact, Contact.id == Lead.contact_id).order_by(Lead.title)
        return [tuple(row) for row in session.execute(rows)], session.scalar(select(func.count()).select_from(Contact))


def test_columns_about_the_contact_find_their_place_and_the_contact(app, house, tenant):
    known = Contact(full_name="Omar Z.", first_name="Omar", last_name="Z.")
    known.channels.append(ContactChannel(kind="phone", value="+966501234568", value_normalised="+966501234568"))
    house.add(known, tenant=tenant)
    record = bring(app, tenant, "crm.lead", FILE.encode())
    assert (record.created, record.failed) == (3, 1)
    assert leads(app, tenant) == (
        [("Fleet service", "Nora Salem"), ("Spare parts", "Nora Salem"), ("Training", "Omar Z.")],
        2,
    )
    ((_line, found),) = problems(app, tenant, record).items()
    assert found[0][0] == "E-mail"
    assert "nobody" in found[0][1]


def test_an_undone_import_takes_its_contacts_along(app, tenant):
    record = bring(app, tenant, "crm.lead", FILE.encode())
    assert leads(app, tenant)[1] == 2
    outcome, after = take_back(app, tenant, record)
    assert (outcome, after.state) == ({"kept": 0}, "undone")
    assert leads(app, tenant) == ([], 0)


def test_a_check_stores_nothing(app, tenant):
    record = bring(app, tenant, "crm.lead", FILE.encode(), dry=True)
    assert (record.state, record.created, record.failed) == ("checked", 3, 1)
    assert leads(app, tenant) == ([], 0)
