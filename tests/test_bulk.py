"""Inserting in bulk gives the same rows, tokens and tags as saving one by one, behind the same walls."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError

from app.contacts.bulk import NewAddress, NewChannel, NewCompany, NewContact, store
from app.contacts.models import Company, Contact, ContactAddress, ContactChannel
from app.data import MissingTenant, TenantMismatch, db, uuid7
from app.data.bulk import insert_many
from app.data.driver import pipelined
from app.search.index import SearchToken
from app.search.tags import Tag

MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
VALUES = {
    "full_name": "نورة O'Brien \"x\" \\ {}", "first_name": "نورة", "last_name": None, "position": "a,b{c}",
    "birthday": date(1988, 2, 29), "tags": ["vip", 'a "quoted", tag', "الرياض"], "custom_fields": {"k": ["v", None, 1]},
    "last_interaction_at": MOMENT, "created_at": MOMENT,
}  # fmt: skip


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def columns_of(session, contact_id, ignored=("id", "updated_at")):
    table = Contact.__table__
    row = session.connection().execute(select(table).where(table.c.id == contact_id)).mappings().one()
    return {name: value for name, value in row.items() if name not in ignored}


def tokens_of(session, record_id):
    return set(session.scalars(select(SearchToken.token).where(SearchToken.record_id == record_id)))


def test_a_row_is_the_same_as_one_that_was_flushed(house, tenant):
    actor = uuid7()
    with house.inside(tenant, actor) as session:
        one = Contact(**VALUES)
        one.channels = [ContactChannel(kind="email", value="n@x.example", value_normalised="n@x.example")]
        session.add(one)
        session.flush()
        other = NewContact(**VALUES, channels=[NewChannel("phone", "+966501234567", "+966501234567")])
        store(session(), [other])
        assert columns_of(session, other.id) == columns_of(session, one.id)
        both = tokens_of(session, one.id) & tokens_of(session, other.id)
        assert {"#vip", "نوره", "obrien"} <= both
        assert "0501234567" in tokens_of(session, other.id)
        assert set(VALUES["tags"]) <= set(session.scalars(select(Tag.name)))
        assert session.get(Contact, other.id).channels[0].held


def test_contacts_in_the_trash_hold_no_address(house, tenant):
    with house.inside(tenant) as session:
        gone = NewContact("Gone", deleted_at=MOMENT, channels=[NewChannel("email", "g@x.example", "g@x.example")])
        store(session(), [gone], [NewCompany("A company")])
        assert not session.get(Contact, gone.id).channels[0].held
        assert session.scalars(select(Company.name)).one() == "A company"


def test_exact_numbers_and_defaults(house, tenant):
    with house.inside(tenant) as session:
        contact = NewContact("Placed", addresses=[NewAddress(city="Riyadh", is_default=True)])
        store(session(), [contact])
        place = {"contact_id": contact.id, "latitude": Decimal("24.774265"), "longitude": Decimal("-46.738586")}
        insert_many(session(), ContactAddress, [place, {**place, "latitude": None}])
        found = session.scalars(select(ContactAddress).order_by(ContactAddress.latitude)).all()
        assert [one.latitude for one in found] == [Decimal("24.774265"), None, None]
        assert {(one.version, one.is_default) for one in found} == {(1, False), (1, True)}


def test_what_cannot_be_stored_is_refused(house, tenant):
    with house.inside(tenant) as session:
        insert_many(session(), Company, [])
        with pytest.raises(TypeError, match="no column nonsense"):
            insert_many(session(), Company, [{"name": "x", "nonsense": 1}])
        with pytest.raises(TypeError, match="no column name_sort"):
            insert_many(session(), Company, [{"name": "x", "name_sort": "y"}])
        with pytest.raises(TypeError, match="object"):
            insert_many(session(), Company, [{"name": object()}])
        with pytest.raises(DataError):
            insert_many(session(), Company, [{"name": "x" * 300}])


def test_without_a_tenant_nothing_is_inserted(app):
    with app.app_context(), pytest.raises(MissingTenant):
        insert_many(db.session(), Company, [{"name": "nobody's"}])


def test_a_row_of_another_tenant_is_refused(house, tenant):
    with house.inside(tenant) as session, pytest.raises(TenantMismatch):
        insert_many(session(), Company, [{"name": "smuggled", "tenant_id": house.acme.id}])


def store_together(session, rows):
    """Each row by a statement of its own, all of them in one savepoint."""
    with session.begin_nested(), pipelined(session):
        for row in rows:
            insert_many(session, ContactChannel, [row])


def test_what_is_refused_in_a_pipeline_is_told_as_ever_and_taken_back_with_its_savepoint(house, tenant):
    with house.inside(tenant) as session:
        contact = NewContact("Nora")
        store(session(), [contact])
        row = {"contact_id": contact.id, "kind": "email", "value": "n@x.sa", "value_normalised": "n@x.sa"}
        with pytest.raises(IntegrityError, match="uq_contact_channel_value"):
            store_together(session(), [row, row, {**row, "kind": "other"}])
        assert session.scalars(select(ContactChannel)).all() == []
        store_together(session(), [row, {**row, "kind": "other"}])
        assert {one.kind for one in session.scalars(select(ContactChannel))} == {"email", "other"}
