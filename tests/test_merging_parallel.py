"""Merges at the same time as other merges and edits, and merges of records that refer to each other at random."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.contacts.models import Company, Contact, Note
from app.host import registry
from app.merging.catalogue import references_to
from app.merging.jobs import follow
from app.merging.models import Merge
from app.screens.writing import Conflict, NotAllowed
from tests.merging_house import differences, dump, inside, merge_now, undo_now
from tests.plugins_for_tests.garage.models import Vehicle

ROUNDS = 6


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def people(house, tenant, count):
    rows = [Contact(full_name=f"Person {n}", first_name=f"Person {n}", position=f"P{n}") for n in range(count)]
    return house.add(*rows, tenant=tenant)


def together(*works):
    """Run them at once; what each returned or raised."""
    barrier, results = threading.Barrier(len(works)), [None] * len(works)

    def run(at, work):
        barrier.wait()
        try:
            results[at] = work()
        except Exception as error:
            results[at] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return results


def references(app, tenant, ids):
    """How many rows of any table refer to these."""
    with inside(app, tenant) as session:
        known = references_to(registry().entries["contacts.contact"])
        return sum(len(session.scalars(select(one.model.id).where(one.meets(ids))).all()) for one in known)


def test_overlapping_merges_leave_nothing_behind_and_can_be_undone(app, house, tenant):
    for _round in range(ROUNDS):
        first, second, third = people(house, tenant, 3)
        house.add(*[Vehicle(plate=f"{one}"[-30:], owner_id=one) for one in (first, second, third)], tenant=tenant)
        before = dump(app, tenant)
        done = together(
            lambda a=first, b=second: merge_now(app, tenant, [a, b]),
            lambda b=second, c=third: merge_now(app, tenant, [b, c]),
        )
        assert all(not isinstance(one, Exception) or isinstance(one, NotAllowed) for one in done), done
        with inside(app, tenant) as session:
            gone = session.scalars(select(Contact.id).where(Contact.merged_into_id.is_not(None))).all()
            assert gone
            merges = session.scalars(select(Merge.id).where(Merge.state == "done").order_by(Merge.id.desc())).all()
        own = {one for one in (first, second, third) if one in gone}
        assert references(app, tenant, own) == 0
        for merge_id in merges:
            undo_now(app, tenant, merge_id)
        assert differences(before, dump(app, tenant)) == []


def test_the_same_merge_asked_for_twice_happens_once(app, house, tenant):
    for _round in range(ROUNDS):
        pair = people(house, tenant, 2)
        done = together(lambda p=pair: merge_now(app, tenant, p), lambda p=pair: merge_now(app, tenant, p[::-1]))
        assert sorted(isinstance(one, NotAllowed) for one in done) == [False, True], done


def test_an_edit_at_the_same_time_is_before_the_merge_or_refused(app, house, tenant):
    api = house.api("manager", tenant)
    for number in range(ROUNDS):
        first, second = people(house, tenant, 2)
        seen = {first: 1, second: 1}
        done = together(
            lambda a=first, b=second, v=seen: merge_now(app, tenant, [a, b], versions=v),
            lambda b=second, n=number: api.patch(f"/contacts/contact/{b}", {"position": f"Edited {n}"}).status_code,
        )
        merged, edited = done
        assert not isinstance(edited, Exception)
        assert (isinstance(merged, Conflict), edited) in ((True, 200), (False, 410)), done


def test_what_begins_to_refer_to_a_merged_record_meanwhile_is_moved_later(app, house, tenant):
    for number in range(ROUNDS):
        first, second = people(house, tenant, 2)

        def write(key, name=number):
            with inside(app, tenant) as session:
                session.add(Vehicle(plate=f"Car {name}", owner_id=key))
                session.add(Note(target_type="contacts.contact", target_id=key, content="x"))
                session.commit()

        done = together(lambda a=first, b=second: merge_now(app, tenant, [a, b]), lambda b=second: write(b))
        assert not isinstance(done[0], Exception), done
        assert done[1] is None
        with inside(app, tenant) as session:
            follow(None, str(done[0]))
            session.commit()
        assert references(app, tenant, [second]) == 0
        assert references(app, tenant, [first]) >= 2
        undo_now(app, tenant, done[0])
        assert references(app, tenant, [second]) == 2


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), count=st.integers(2, 6), rows=st.integers(0, 40))
def test_random_records_merged_in_random_steps_come_back_exactly(app, house, seed, count, rows):
    dice = random.Random(seed)
    tenant = house.new_tenant()
    companies = house.add(*[Company(name=f"Firm {n}") for n in range(2)], tenant=tenant)
    everyone = people(house, tenant, count)
    with inside(app, tenant) as session:
        for number in range(rows):
            key = dice.choice(everyone)
            session.add(Vehicle(plate=f"{seed}-{number}", owner_id=key))
            session.add(Note(target_type="contacts.contact", target_id=dice.choice(everyone), content=str(number)))
        for key in everyone:
            row = session.get(Contact, key)
            row.company_id = dice.choice([None, *companies])
            row.tags = dice.sample(["a", "b", "c", "d"], dice.randrange(4))
            row.custom_fields = {name: dice.randrange(3) for name in dice.sample("xyz", dice.randrange(3))}
        session.commit()
    before, live, merges = dump(app, tenant), list(everyone), []
    while len(live) > 1 and len(merges) < 3:
        chosen = dice.sample(live, dice.randrange(2, min(len(live), 4) + 1))
        merges.append(merge_now(app, tenant, chosen))
        live = [one for one in live if one not in chosen[1:]]
        assert references(app, tenant, chosen[1:]) == 0
    for one in reversed(merges):
        undo_now(app, tenant, one)
    assert differences(before, dump(app, tenant)) == []
