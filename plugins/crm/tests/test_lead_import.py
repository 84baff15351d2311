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


OUTSIDE = """External id,Title,Source,E-mail,First name
L-1,Fleet service,Meta,nora@mail.example,Nora
L-2,Training,Meta,omar@mail.example,Omar
L-1,Spare parts,Google,nora@mail.example,Nora
"""


def test_the_same_file_twice_changes_nothing(app, tenant):
    first = bring(app, tenant, "crm.lead", OUTSIDE.encode())
    assert (first.created, first.failed) == (3, 0)
    before = versions(app, tenant)
    again = bring(app, tenant, "crm.lead", OUTSIDE.encode())
    assert (again.created, again.changed, again.failed) == (0, 0, 0)
    assert versions(app, tenant) == before
    third = bring(app, tenant, "crm.lead", OUTSIDE.replace("Spare parts", "Tyres").encode())
    assert (third.created, third.changed, third.failed) == (0, 1, 0)
    assert [one[0] for one in leads(app, tenant)[0]] == ["Fleet service", "Training", "Tyres"]


def test_a_file_that_does_not_say_the_source_means_the_lead_wherever_it_is_from(app, tenant):
    bring(app, tenant, "crm.lead", OUTSIDE.encode())
    changed = bring(app, tenant, "crm.lead", b"External id,Title\nL-2,Course\nL-1,Which one\n")
    assert (changed.created, changed.changed, changed.failed) == (0, 1, 1)
    assert "Course" in [one[0] for one in leads(app, tenant)[0]]


def test_an_external_id_is_taken_once_in_a_source(house, tenant):
    api = house.api("owner", tenant)
    for source in ("Web", "Shop"):
        assert api.post("/crm/lead", {"title": source, "external_id": "7", "source": source}).status_code == 201
    refused = api.post("/crm/lead?confirm=1", {"title": "B", "external_id": "7", "source": "web"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["external_id"])
    assert api.post("/crm/lead?confirm=1", {"title": "C", "external_id": "7"}).status_code == 201
    assert api.post("/crm/lead?confirm=1", {"title": "D", "external_id": "7"}).status_code == 422


def versions(app, tenant):
    with inside(app, tenant) as session:
        return {
            (model.__name__, row.id): row.version
            for model in (Lead, Contact, ContactChannel)
            for row in session.scalars(select(model))
        }
