"""Nobody has two appointments at once: by the rule, by the database, and by fifty at the same moment."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.data import Scope, db, scope
from app.identity.services import remove_member
from app.sdk import utcnow
from plugins.crm.models import Absence, Appointment, Lead, WorkingTime
from plugins.crm.services import appointments, booking
from plugins.crm.tests.agenda import LATER, member_of, new_appointment, new_lead

PARALLEL = 50


@pytest.fixture
def place(house):
    tenant = house.new_tenant()
    agent = member_of(house, tenant)
    return tenant, agent, new_lead(house, tenant, agent)


def at_once(app, tenant, count, work):
    """Run `work(number)` in so many threads, each with a session and a connection of its own, starting together."""
    barrier = threading.Barrier(count)

    def one(number):
        with app.app_context(), scope(Scope(tenant.id, via="system")):
            db.session.connection()
            barrier.wait(60)
            try:
                work(number)
                db.session.commit()
            except ValueError as error:
                db.session.rollback()
                return str(error)
            return ""

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.fixture
def many_connections(app):
    """The pool of the application is smaller than fifty: a test of fifty connections needs them all."""
    with app.app_context():
        pool = db.engine.pool
    before, pool._max_overflow = pool._max_overflow, PARALLEL
    yield
    pool._max_overflow = before


def overlaps(house, tenant):
    with house.inside(tenant) as session:
        found = list(
            session.execute(
                select(Appointment.assignee_id, Appointment.scheduled_at, Appointment.ends_at).where(
                    Appointment.status == "scheduled"
                )
            )
        )
    return [
        (one, other)
        for at, one in enumerate(found)
        for other in found[at + 1 :]
        if one[0] == other[0] and one[1] < other[2] and other[1] < one[2]
    ], len(found)


def test_of_fifty_who_want_one_time_one_gets_it(app, house, place, many_connections):
    tenant, agent, lead_id = place

    def book(number):
        row = Appointment(lead_id=lead_id, assignee_id=agent, scheduled_at=LATER, title="Talk", status="scheduled")
        booking.complete(row, True)
        db.session.add(row)
        db.session.flush()

    answers = at_once(app, tenant, PARALLEL, book)
    assert answers.count("") == 1
    assert all("another appointment" in answer and "next free time" in answer for answer in answers if answer)
    assert overlaps(house, tenant) == ([], 1)


def test_fifty_at_times_that_overlap_in_part(app, house, place, many_connections):
    tenant, agent, lead_id = place

    def book(number):
        begins = LATER + timedelta(minutes=7 * number)
        row = Appointment(lead_id=lead_id, assignee_id=agent, scheduled_at=begins, title="Talk", status="scheduled")
        booking.complete(row, True)
        db.session.add(row)
        db.session.flush()

    answers = at_once(app, tenant, PARALLEL, book)
    found, count = overlaps(house, tenant)
    assert found == []
    assert count == answers.count("")
    assert 6 <= count <= 12, "as many as fit between each other"


def test_fifty_who_want_the_next_free_time_all_get_one(app, house, place, many_connections):
    tenant, _agent, lead_id = place

    def book(number):
        lead = db.session.get(Lead, lead_id)
        appointments.book([lead], minutes=15)

    assert at_once(app, tenant, PARALLEL, book) == [""] * PARALLEL
    assert overlaps(house, tenant) == ([], PARALLEL)


def test_the_database_refuses_what_goes_past_the_rule(house, place):
    tenant, agent, lead_id = place
    new_appointment(house, tenant, lead_id, agent)
    with pytest.raises(IntegrityError):
        new_appointment(house, tenant, lead_id, agent, LATER + timedelta(minutes=29, seconds=59))
    new_appointment(house, tenant, lead_id, agent, LATER + timedelta(minutes=30))
    new_appointment(house, tenant, lead_id, agent, LATER - timedelta(minutes=30))
    new_appointment(house, tenant, lead_id, agent, status="cancelled")
    new_appointment(house, tenant, lead_id, member_of(house, tenant, "manager"))
    back = update(Appointment).where(Appointment.status == "cancelled").values(status="scheduled")
    with house.inside(tenant) as session, pytest.raises(IntegrityError):
        session.execute(back)


def test_people_next_to_each_other_in_the_alphabet_of_keys_do_not_collide(house, place):
    """A person is part of the number that is compared: a long appointment of one never reaches into another's."""
    tenant, _agent, lead_id = place
    for role in ("owner", "admin", "manager", "agent", "viewer"):
        new_appointment(house, tenant, lead_id, member_of(house, tenant, role), minutes=24 * 60)
    assert overlaps(house, tenant) == ([], 5)


def test_screens_say_what_is_taken_and_what_is_free(house, place):
    tenant, agent, lead_id = place
    new_appointment(house, tenant, lead_id, agent)
    api = house.api("agent", tenant)
    values = {"lead": str(lead_id), "assignee": str(agent), "scheduled_at": LATER.isoformat()}
    answer = api.post("/crm/appointment", json=values)
    assert answer.status_code == 422
    assert "9:00\u202fAM to Wed, Mar 5, 9:30\u202fAM" in answer.text
    assert "next free time is Wed, Mar 5, 9:30\u202fAM" in answer.text
    answer = api.post("/crm/appointment", json={**values, "scheduled_at": (LATER + timedelta(hours=1)).isoformat()})
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert made["data"]["ends_at"] == "2031-03-05T10:30:00Z" if "data" in made else made["ends_at"]


def test_doubtful_times_are_asked_about(house, place):
    tenant, agent, lead_id = place
    house.add(
        Absence(member_id=agent, starts_at=LATER, ends_at=LATER + timedelta(days=1), reason="Holidays"), tenant=tenant
    )
    api = house.api("agent", tenant)
    values = {"lead": str(lead_id), "assignee": str(agent), "scheduled_at": LATER.isoformat()}
    answer = api.post("/crm/appointment", json=values)
    assert answer.status_code == 409
    assert "is away then" in answer.text
    night = (LATER - timedelta(hours=5)).isoformat()
    assert "outside working time" in api.post("/crm/appointment", json={**values, "scheduled_at": night}).text
    past = (utcnow() - timedelta(days=1)).isoformat()
    assert "has passed" in api.post("/crm/appointment", json={**values, "scheduled_at": past}).text


def test_a_person_s_own_working_time_counts(house, place):
    tenant, agent, _lead_id = place
    house.add(WorkingTime(member_id=agent, weekday="2", starts="20:00", ends="21:00"), tenant=tenant)
    with house.inside(tenant):
        assert booking.next_free(agent, LATER, timedelta(minutes=30)) == LATER.replace(hour=20)
        assert booking.next_free(agent, LATER, timedelta(minutes=61)) is None


def test_moving_keeps_the_length_and_is_refused_where_it_would_overlap(house, place):
    tenant, agent, lead_id = place
    new_appointment(house, tenant, lead_id, agent)
    other = new_appointment(house, tenant, lead_id, agent, LATER + timedelta(hours=2), 45)
    api = house.api("agent", tenant)
    answer = api.post(f"/crm/appointment/{other}/actions/move", json={"scheduled_at": LATER.isoformat()})
    assert answer.status_code == 422
    assert "another appointment" in answer.text
    later = (LATER + timedelta(hours=4)).isoformat()
    assert api.post(f"/crm/appointment/{other}/actions/move", json={"scheduled_at": later}).status_code == 200
    answer = api.patch(f"/crm/appointment/{other}", json={"scheduled_at": (LATER + timedelta(hours=5)).isoformat()})
    assert answer.json["ends_at"] == "2031-03-05T14:45:00Z"
    assert answer.json["sequence"] == 2
    answer = api.patch(f"/crm/appointment/{other}", json={"scheduled_at": LATER.isoformat()})
    assert answer.status_code == 422


def test_nobody_answers_until_there_were_enough_tries(house, place):
    tenant, agent, lead_id = place
    api = house.api("agent", tenant)
    current = new_appointment(house, tenant, lead_id, agent)
    chain = [current]
    for _try in range(3):
        answer = api.post(f"/crm/appointment/{current}/actions/no_answer")
        assert "Another try is booked" in answer.json["message"]
        with house.inside(tenant) as session:
            child = session.scalars(select(Appointment).where(Appointment.parent_id == current)).one()
            assert (child.status, child.source, child.retry_count) == ("scheduled", "retry", len(chain))
            current = child.id
        chain.append(current)
    answer = api.post(f"/crm/appointment/{current}/actions/no_answer")
    assert "answered 4 times: no further try" in answer.json["message"]
    with house.inside(tenant) as session:
        rows = [session.get(Appointment, key) for key in chain]
        assert [row.status for row in rows] == ["no_answer"] * 4
        assert all(later.scheduled_at - row.scheduled_at >= timedelta(hours=2) for row, later in pairwise(rows))
        assert session.get(Lead, lead_id).last_activity_at > utcnow() - timedelta(minutes=5)
    assert api.post(f"/crm/appointment/{chain[0]}/actions/no_answer").status_code == 409


def test_two_who_note_at_once_that_nobody_answered_book_one_try(app, house, place, many_connections):
    tenant, agent, lead_id = place
    first = new_appointment(house, tenant, lead_id, agent)
    apis = [house.api("agent", tenant) for _number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda api: api.post(f"/crm/appointment/{first}/actions/no_answer"), apis))
    with house.inside(tenant) as session:
        assert len(list(session.scalars(select(Appointment).where(Appointment.parent_id == first)))) == 1


def test_only_open_appointments_are_held_missed_or_cancelled(house, place):
    tenant, agent, lead_id = place
    api = house.api("agent", tenant)
    states = {}
    for number, (verb, state) in enumerate((("held", "done"), ("no_show", "no_show"), ("cancel", "cancelled"))):
        key = new_appointment(house, tenant, lead_id, agent, LATER + timedelta(hours=number))
        assert api.post(f"/crm/appointment/{key}/actions/{verb}", json={}).status_code == 200
        states[key] = state
        for again in ("held", "no_show", "cancel", "no_answer"):
            assert api.post(f"/crm/appointment/{key}/actions/{again}", json={}).status_code == 409
    with house.inside(tenant) as session:
        assert {key: session.get(Appointment, key).status for key in states} == states
    values = {"lead": str(lead_id), "status": "done", "scheduled_at": "2031-01-01T09:00:00Z"}
    answer = api.post("/crm/appointment", json=values)
    assert "status" in answer.text, "what came of it is said by actions"
    assert answer.status_code == 422


def test_a_lead_s_page_books_the_next_free_time(house, place):
    tenant, agent, lead_id = place
    answer = house.api("agent", tenant).post(f"/crm/lead/{lead_id}/actions/book", json={"minutes": 45})
    assert answer.status_code == 200, answer.text
    assert answer.json["message"].startswith("Booked for")
    with house.inside(tenant) as session:
        row = session.scalars(select(Appointment)).one()
        assert (row.assignee_id, row.ends_at - row.scheduled_at) == (agent, timedelta(minutes=45))
        assert row.scheduled_at > utcnow()
        assert row.title == "Nora's order"


def test_one_that_comes_back_from_the_trash_needs_its_time_free(house, place):
    tenant, agent, lead_id = place
    new_appointment(house, tenant, lead_id, agent)
    key = new_appointment(house, tenant, lead_id, agent, LATER + timedelta(minutes=5), deleted_at=utcnow())
    answer = house.api("owner", tenant).post(f"/crm/appointment/{key}/restore")
    assert answer.status_code == 409
    assert "taken its place" in answer.text


def test_another_try_of_somebody_who_has_left_is_the_owners_of_the_lead(house, place):
    tenant, agent, lead_id = place
    manager, owner = member_of(house, tenant, "manager"), member_of(house, tenant, "owner")
    keys = [new_appointment(house, tenant, lead_id, agent, utcnow() - timedelta(hours=number)) for number in (1, 3)]
    with house.app.app_context():
        remove_member(house.people[tenant.slug, "agent"].id, tenant.id)
    api = house.api("owner", tenant)
    assert api.post(f"/crm/appointment/{keys[0]}/actions/no_answer").status_code == 200
    assert api.patch(f"/crm/lead/{lead_id}", {"assigned_to": str(manager)}).status_code == 200
    assert api.post(f"/crm/appointment/{keys[1]}/actions/no_answer").status_code == 200
    with house.inside(tenant) as session:
        tries = {row.parent_id: row.assignee_id for row in session.scalars(select(Appointment)) if row.parent_id}
    assert tries == {keys[0]: owner, keys[1]: manager}, "whoever notes it where the lead's owner has left too"


def test_no_two_sections_of_an_appointment_are_called_alike(house, place):
    tenant, agent, lead = place
    found = new_appointment(house, tenant, lead, agent)
    page = house.browser("owner", tenant).go(f"/crm/appointment/{found}").text
    heads = re.findall(r"<h2>([^<]+)</h2>", page)
    assert "More" in heads
    assert len(heads) == len(set(heads))
