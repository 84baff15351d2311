"""What an import tells: the same as a save of each record, when somebody listens."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.contacts.timeline import TimelineEntry
from app.events.models import DomainEvent
from app.testing.pumping import pump
from app.webhooks.endpoints import check_endpoint
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.plugins_for_tests.garage.models import Diary
from tests.transfer_house import bring, inside, take_back

PEOPLE = b"First name,Email,Phone\nNora,nora@x.example,+966501234567\nSami,broken,\nLina,,\n"


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA")


@pytest.fixture
def owner(house, tenant):
    return house.people[tenant.slug, "owner"]


@pytest.fixture
def told(app, tenant):
    def read():
        with inside(app, tenant) as session:
            rows = session.scalars(select(DomainEvent).order_by(DomainEvent.told_at, DomainEvent.id)).all()
            mine = [one for one in rows if one.name.startswith(("contacts.", "garage."))]
            return [(one.name, one.aggregate_id, one.payload) for one in mine]

    return read


@pytest.fixture
def people(app, tenant):
    def read():
        with inside(app, tenant) as session:
            return {row.first_name: row.id for row in session.scalars(select(Contact))}

    return read


def test_each_imported_record_is_told_once_and_a_refused_one_never(app, tenant, owner, told, people):
    bring(app, tenant, "contacts.contact", PEOPLE, owner)
    base = {"resource": "contacts.contact", "changed": [], "via": "import"}
    wanted = [(key, {**base, "id": str(key)}) for key in (people()["Nora"], people()["Lina"])]
    assert sorted(told()) == sorted(("contacts.contact_created", key, payload) for key, payload in wanted)


def test_the_timeline_says_that_somebody_was_imported_or_changed_so(app, tenant, owner, people):
    bring(app, tenant, "contacts.contact", PEOPLE, owner)
    pump(app)
    bring(app, tenant, "contacts.contact", b"Email,Position\nnora@x.example,Head\n", owner, mode="update",
          keys=("channels.email1.value",))  # fmt: skip
    pump(app)
    with inside(app, tenant) as session:
        entries = session.scalars(select(TimelineEntry).order_by(TimelineEntry.id)).all()
        said = [one.words for one in entries if one.target_id == people()["Nora"]]
        assert {one.created_by for one in entries} == {owner.uid}
    assert said == [
        "Contact imported",
        "Contact changed: Position, by an import",
    ]


def test_people_of_an_address_book_are_told_too(app, tenant, told, people):
    book = b"First Name,Last Name,Organization Name,E-mail 1 - Value\nNora,Rashid,Horizon,nora@x.example\n"
    bring(app, tenant, "contacts.contact", book)
    names = [(name, payload["via"]) for name, _key, payload in told()]
    assert names == [("contacts.contact_created", "import"), ("contacts.company_created", "import")]
    assert told()[0][1] == people()["Nora"]


def test_a_check_tells_nothing(app, tenant, owner, told):
    record = bring(app, tenant, "contacts.contact", PEOPLE, owner, dry=True)
    assert (record.state, record.created) == ("checked", 2)
    assert told() == []


def test_what_nobody_listens_to_is_not_written(app, tenant, owner, told):
    bring(app, tenant, "garage.diary", b"Title\nMonday\n", owner)
    assert told() == []
    with inside(app, tenant) as session:
        endpoint = WebhookEndpoint(url="https://x.example/", events="garage.*", secret="")
        check_endpoint(endpoint, True)
        session.add(endpoint)
        session.commit()
    bring(app, tenant, "garage.diary", b"Title\nTuesday\n", owner)
    [(name, key, _payload)] = told()
    with inside(app, tenant) as session:
        assert (name, key) == ("garage.diary_created", session.scalars(select(Diary.id).order_by(Diary.id)).all()[-1])
    pump(app)
    with inside(app, tenant) as session:
        assert [one.event_name for one in session.scalars(select(WebhookDelivery))] == ["garage.diary_created"]


def test_undoing_it_is_told_and_the_timeline_does_not_stand_in_its_way(app, tenant, owner, told, people):
    record = bring(app, tenant, "contacts.contact", PEOPLE, owner)
    pump(app)
    made = set(people().values())
    _outcome, after = take_back(app, tenant, record, owner)
    assert (after.state, people()) == ("undone", {})
    gone = [(key, payload["via"]) for name, key, payload in told() if name == "contacts.contact_deleted"]
    assert sorted(gone) == sorted((key, "import") for key in made)
    pump(app)
