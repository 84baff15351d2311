"""Merging: everything moves, nothing is lost, and an undo gives the whole database back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Company, Contact, ContactAddress, ContactChannel, Note
from app.host import registry
from app.merging.catalogue import references_to
from app.merging.models import Merge, MergeChange
from app.merging.undoing import Undecided
from app.screens.writing import Conflict, Invalid, NotAllowed
from app.testing.trail import Trail
from tests.merging_house import (
    contact,
    differences,
    dump,
    hang_everything_on,
    inside,
    merge_now,
    undo_now,
    value,
)

TABLES = {"attachment", "consent", "contact_address", "contact_channel", "garage.vehicle", "note", "timeline_entry"}
"""Some of the tables that must be among those found; a new plugin needs no entry here."""


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def people(app, tenant, samples):
    """Three contacts with everything that any plugin can hang on one."""
    with inside(app, tenant) as session:
        samples.define_custom_fields(session)
        session.commit()
    with inside(app, tenant) as session:
        ids = [contact(session, samples, f"p{number}") for number in range(3)]
        session.commit()
    hang_everything_on(app, tenant, samples, ids)
    return ids


def test_merged_and_undone_the_whole_database_is_as_before(app, tenant, people):
    before = dump(app, tenant)
    done = merge_now(app, tenant, people)
    merged = dump(app, tenant)
    assert len(differences(before, merged)) > 20
    undo_now(app, tenant, done)
    assert differences(before, dump(app, tenant)) == []


def test_every_reference_of_every_plugin_leads_to_the_survivor(app, tenant, people):
    merge_now(app, tenant, people)
    with inside(app, tenant) as session:
        entry = registry().entries["contacts.contact"]
        assert {one.table for one in references_to(entry)} >= TABLES
        for reference in references_to(entry):
            if reference.model is not Contact:
                left = session.scalars(select(reference.model.id).where(reference.meets(people[1:]))).all()
                assert left == [], reference
                moved = session.scalars(select(reference.model.id).where(reference.meets(people[:1]))).all()
                assert len(moved) >= 3, reference


def test_the_log_tells_all_that_a_merge_and_its_undo_write(app, tenant, people):
    trail = Trail(app, tenant.id).start()
    done = merge_now(app, tenant, people)
    assert trail.untold() == []
    trail.start()
    undo_now(app, tenant, done)
    assert trail.untold() == []


def two(app, tenant, first, second):
    """Two contacts with these inline rows."""
    with inside(app, tenant) as session:
        rows = [
            Contact(full_name="Sara Haddad", first_name="Sara", last_name="Haddad", **one) for one in (first, second)
        ]
        session.add_all(rows)
        session.commit()
        return [row.id for row in rows]


def phone(number, **more):
    return ContactChannel(kind="phone", value=number, value_normalised=number, **more)


def test_the_same_address_twice_is_left_behind_and_told(app, tenant):
    ids = two(
        app, tenant,
        {"channels": [phone("+966500000001", is_shared=True, is_primary=True)]},
        {"channels": [phone("+966500000001", is_shared=True, opt_state="opted_out"), phone("+966500000002")]},
    )  # fmt: skip
    before = dump(app, tenant)
    done = merge_now(app, tenant, ids)
    with inside(app, tenant) as session:
        rows = session.scalars(select(ContactChannel).where(ContactChannel.contact_id == ids[0])).all()
        assert sorted((row.value, row.opt_state) for row in rows) == [
            ("+966500000001", "opted_out"),
            ("+966500000002", "unknown"),
        ]
        assert [one["what"] for one in session.get(Merge, done).report["clashes"]] == ["twin"]
    undo_now(app, tenant, done)
    assert differences(before, dump(app, tenant)) == []


def test_only_one_row_of_a_kind_stays_primary_and_only_one_default(app, tenant):
    ids = two(
        app, tenant,
        {"channels": [phone("+966500000003", is_primary=True)],
         "addresses": [ContactAddress(city="Riyadh", is_default=True)]},
        {"channels": [phone("+966500000004", is_primary=True)],
         "addresses": [ContactAddress(city="Jeddah", is_default=True)]},
    )  # fmt: skip
    before = dump(app, tenant)
    done = merge_now(app, tenant, ids)
    with inside(app, tenant) as session:
        channels = session.execute(select(ContactChannel.value, ContactChannel.is_primary)).all()
        addresses = session.execute(select(ContactAddress.city, ContactAddress.is_default)).all()
        assert sorted(map(tuple, channels)) == [("+966500000003", True), ("+966500000004", False)]
        assert sorted(map(tuple, addresses)) == [("Jeddah", False), ("Riyadh", True)]
        assert {one["what"] for one in session.get(Merge, done).report["clashes"]} == {"is_primary", "is_default"}
    undo_now(app, tenant, done)
    assert differences(before, dump(app, tenant)) == []


def test_fields_are_taken_from_whom_was_chosen_and_gaps_are_filled(app, tenant):
    first, second = two(
        app, tenant,
        {"position": "Buyer", "tags": ["vip", "gulf"], "custom_fields": {"size": "L"}},
        {"position": "Head of purchasing", "source": "Fair", "tags": ["gulf", "new"],
         "custom_fields": {"colour": "red"}},
    )  # fmt: skip
    merge_now(app, tenant, [first, second], choices={"position": second})
    names = ("position", "source", "tags", "custom_fields")
    assert value(app, tenant, Contact, first, *names) == (
        "Head of purchasing", "Fair", ["vip", "gulf", "new"], {"size": "L", "colour": "red"},
    )  # fmt: skip


def test_a_name_follows_its_parts(app, tenant):
    first, second = two(app, tenant, {}, {})
    with inside(app, tenant) as session:
        session.get(Contact, second).first_name = "Sarah"
        session.commit()
    merge_now(app, tenant, [first, second], choices={"first_name": second})
    assert value(app, tenant, Contact, first, "full_name") == ("Sarah Haddad",)


def test_records_with_every_kind_of_field_that_refer_to_each_other(app, tenant, samples):
    from app.data import Money
    from tests.plugins_for_tests.garage.models import Repair, Vehicle

    with inside(app, tenant) as session:
        first, second, third = (samples.record(session, Vehicle, f"v{n}", merged_into_id=None).id for n in range(3))
        session.get(Vehicle, first).sister_id = second
        session.get(Vehicle, second).sister_id = first
        session.get(Vehicle, third).sister_id = second
        session.get(Vehicle, first).price = None
        session.get(Vehicle, second).price = Money(12_345, "KWD")
        session.add(Repair(number="R1", vehicle_id=second, cost=Money(1, "USD")))
        session.commit()
    plate = value(app, tenant, Vehicle, second, "plate")[0]
    before = dump(app, tenant)
    done = merge_now(app, tenant, [first, second], key="garage.vehicle", choices={"plate": second})
    assert value(app, tenant, Vehicle, first, "plate", "sister_id", "price") == (plate, None, Money(12_345, "KWD"))
    assert value(app, tenant, Vehicle, third, "sister_id") == (first,)
    with inside(app, tenant) as session:
        assert session.scalars(select(Repair.vehicle_id)).all() == [first]
    undo_now(app, tenant, done, key="garage.vehicle")
    assert differences(before, dump(app, tenant)) == []


def test_an_undo_stands_back_when_a_unique_value_was_taken_meanwhile(app, tenant):
    from tests.plugins_for_tests.garage.models import Vehicle

    with inside(app, tenant) as session:
        rows = [Vehicle(plate="A 1"), Vehicle(plate="B 2")]
        session.add_all(rows)
        session.commit()
        ids = [row.id for row in rows]
    done = merge_now(app, tenant, ids, key="garage.vehicle")
    with inside(app, tenant) as session:
        session.add(Vehicle(plate="B 2"))
        session.commit()
    before = dump(app, tenant)
    with pytest.raises(NotAllowed, match="must be unique"):
        undo_now(app, tenant, done, key="garage.vehicle")
    assert differences(before, dump(app, tenant)) == []


def test_what_was_changed_since_is_asked_about(app, tenant):
    first, second = two(app, tenant, {"position": "Buyer"}, {"position": "Seller", "source": "Fair"})
    with inside(app, tenant) as session:
        notes = [Note(target_type="contacts.contact", target_id=second, content=f"Note {n}") for n in range(2)]
        session.add_all(notes)
        session.commit()
        keys = [one.id for one in notes]
    before = dump(app, tenant)
    done = merge_now(app, tenant, [first, second], choices={"position": second})
    with inside(app, tenant) as session:
        session.get(Contact, first).position = "Owner"
        session.get(Note, keys[1]).content = "Changed, but not in what the merge wrote"
        session.commit()
    with pytest.raises(Undecided) as asked:
        undo_now(app, tenant, done)
    assert [one.key for one in asked.value.items] == [("contact", first)]
    undo_now(app, tenant, done, decisions={("contact", first): "leave"})
    left = [line for line in differences(before, dump(app, tenant)) if "search_token" not in line]
    assert [line.split(":")[0] for line in left] == [
        f"('contact', '{tenant.id}', '{first}') position",
        f"('note', '{tenant.id}', '{keys[1]}') content",
    ]
    with inside(app, tenant) as session:
        settled = select(MergeChange.settled).where(MergeChange.record_id == first)
        assert session.scalars(settled).all() == ["kept"]


def test_the_old_value_comes_back_when_wanted(app, tenant):
    first, second = two(app, tenant, {"position": "Buyer"}, {"position": "Seller"})
    before = dump(app, tenant)
    done = merge_now(app, tenant, [first, second], choices={"position": second})
    with inside(app, tenant) as session:
        session.get(Contact, first).position = "Owner"
        session.commit()
    undo_now(app, tenant, done, rest="back")
    assert differences(before, dump(app, tenant)) == []


def test_merges_are_undone_in_reverse(app, tenant):
    first, second = two(app, tenant, {}, {})
    (third, _other) = two(app, tenant, {}, {})
    before = dump(app, tenant)
    one = merge_now(app, tenant, [first, second])
    two_ = merge_now(app, tenant, [third, first])
    assert value(app, tenant, Contact, second, "merged_into_id") == (third,)
    with pytest.raises(NotAllowed, match="merged since"):
        undo_now(app, tenant, one)
    undo_now(app, tenant, two_)
    assert value(app, tenant, Contact, second, "merged_into_id") == (first,)
    undo_now(app, tenant, one)
    assert differences(before, dump(app, tenant)) == []
    with pytest.raises(NotAllowed, match="already"):
        undo_now(app, tenant, one)


def test_what_cannot_be_asked_for_is_refused_in_words(app, tenant):
    first, second = two(app, tenant, {}, {})
    with pytest.raises(Invalid) as refused:
        merge_now(app, tenant, [first])
    assert "ids" in refused.value.submission.errors
    with pytest.raises(Invalid) as refused:
        merge_now(app, tenant, [first, second], choices={"full_name": second, "nothing": first})
    assert set(refused.value.submission.errors) == {"fields.full_name", "fields.nothing"}
    with pytest.raises(Conflict):
        merge_now(app, tenant, [first, second], versions={second: 7})
    merge_now(app, tenant, [first, second])
    with pytest.raises(NotAllowed, match="not there any more"):
        merge_now(app, tenant, [first, second])


def test_stragglers_are_moved_and_come_back_with_the_undo(app, tenant):
    from app.merging.jobs import follow

    first, second = two(app, tenant, {}, {})
    before = dump(app, tenant)
    done = merge_now(app, tenant, [first, second])
    with inside(app, tenant) as session:
        note = Note(target_type="contacts.contact", target_id=second, content="Written while they were merged")
        session.add(note)
        session.commit()
        key = note.id
    with inside(app, tenant) as session:
        assert follow(None, str(done)) == {"moved": 1}
        session.commit()
    assert value(app, tenant, Note, key, "target_id") == (first,)
    undo_now(app, tenant, done)
    assert value(app, tenant, Note, key, "target_id") == (second,)
    new = [line for line in differences(before, dump(app, tenant)) if not line.startswith("new:")]
    assert new == []


def test_companies_are_merged_with_their_people(app, tenant):
    with inside(app, tenant) as session:
        rows = [Company(name="Acme"), Company(name="Acme Ltd", domain="acme.example")]
        session.add_all(rows)
        session.flush()
        person = Contact(full_name="Ali", company_id=rows[1].id)
        session.add(person)
        session.commit()
        ids, key = [row.id for row in rows], person.id
    before = dump(app, tenant)
    done = merge_now(app, tenant, ids, key="contacts.company")
    assert value(app, tenant, Contact, key, "company_id") == (ids[0],)
    assert value(app, tenant, Company, ids[0], "domain") == ("acme.example",)
    undo_now(app, tenant, done, key="contacts.company")
    assert differences(before, dump(app, tenant)) == []
