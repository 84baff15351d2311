"""Today: what is next, in which order, why, and what can be done about it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.sdk import utcnow
from app.testing.counting import count_statements
from plugins.crm.models import Appointment, Lead, Task
from plugins.crm.tests.agenda import member_of, new_appointment, new_lead

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def place(house):
    tenant = house.new_tenant()
    return tenant, member_of(house, tenant, "owner")


def titles(page):
    return re.findall(r'data-key="o"><bdi>([^<]*)</bdi>', page.text)


def why(page):
    return re.findall(r'<p class="note">([^<]*)</p></div>', page.text)


def fill(house, tenant, me):
    """One of each kind; returns their ids by title."""
    now = utcnow()
    made = {
        "late": new_lead(house, tenant, me, title="late", next_follow_up_at=now - DAY),
        "urgent": new_lead(house, tenant, me, title="urgent", next_follow_up_at=now - HOUR, priority="urgent"),
        "stale": new_lead(house, tenant, me, title="stale", last_activity_at=now - 20 * DAY),
        "nobody": new_lead(house, tenant, None, title="nobody"),
    }
    new_lead(house, tenant, me, title="fresh")
    new_lead(house, tenant, me, title="planned", last_activity_at=now - 20 * DAY, next_follow_up_at=now + 3 * DAY)
    new_lead(house, tenant, me, title="won", last_activity_at=now - 90 * DAY, next_follow_up_at=now - DAY, stage="won")
    new_lead(house, tenant, member_of(house, tenant, "manager"), title="other", next_follow_up_at=now - DAY)
    host = new_lead(house, tenant, me, title="host")
    made["running"] = new_appointment(house, tenant, host, me, now - timedelta(minutes=5))
    made["over"] = new_appointment(house, tenant, host, me, now - 5 * HOUR)
    new_appointment(house, tenant, host, me, now + 40 * DAY)
    task = Task(title="task", state="open", due_at=now - 2 * HOUR, assignee_id=me)
    made["task"] = house.add(task, tenant=tenant)[0]
    house.add(Task(title="done", state="done", due_at=now - DAY, assignee_id=me), tenant=tenant)
    return made


def test_the_queue_is_in_the_order_in_which_things_are_to_be_done(house, place):
    tenant, me = place
    fill(house, tenant, me)
    page = house.browser("owner", tenant).go("/crm/today/")
    assert titles(page) == ["Talk", "urgent", "Talk", "late", "task", "nobody", "stale"]
    reasons = why(page)
    assert reasons[0].startswith("The appointment is on now, until")
    assert reasons[1] == "The follow-up is overdue by 1 hour."
    assert reasons[2] == "The appointment is over: what came of it?"
    assert reasons[3] == "The follow-up is overdue by 1 day."
    assert reasons[4] == "The task is overdue by 2 hours."
    assert reasons[5].startswith("Nobody looks after this lead")
    assert reasons[6] == "Nothing happened for 3 weeks; it stands in “Lead”."


def test_an_empty_day_says_so(house, place):
    page = house.browser("owner", place[0]).go("/crm/today/")
    assert page.status_code == 200
    assert "Nothing is left to do today" in page.text


def test_it_costs_a_fixed_number_of_statements(house, place):
    tenant, me = place
    fill(house, tenant, me)
    browser = house.browser("owner", tenant)
    browser.go("/crm/today/")
    with count_statements() as seen:
        assert browser.go("/crm/today/").status_code == 200
    few = len(seen)
    for number in range(40):
        new_lead(house, tenant, me, title=f"more {number}", next_follow_up_at=utcnow() - DAY)
    with count_statements() as seen:
        page = browser.go("/crm/today/")
    assert len(seen) == few <= 8, seen.report()
    assert "More is waiting than is shown" in page.text


def do(house, tenant, kind, record_id, verb, role="owner"):
    return house.browser(role, tenant).send("/crm/today/", {"item": f"{kind}:{record_id}", "do": verb})


def test_things_are_done_from_it(house, place):
    tenant, me = place
    made = fill(house, tenant, me)
    for kind, name, verb in (
        ("follow_up", "late", "done"), ("task", "task", "done"), ("appointment", "over", "done"),
        ("appointment", "running", "no_answer"), ("unassigned", "nobody", "take"), ("stale", "stale", "tomorrow"),
        ("follow_up", "urgent", "next_week"),
    ):  # fmt: skip
        assert do(house, tenant, kind, made[name], verb).status_code == 303, name
    with house.inside(tenant) as session:
        late, urgent = session.get(Lead, made["late"]), session.get(Lead, made["urgent"])
        assert late.next_follow_up_at is None
        assert late.last_activity_at > utcnow() - HOUR
        assert utcnow() < urgent.next_follow_up_at < utcnow() + 8 * DAY
        assert session.get(Task, made["task"]).state == "done"
        assert session.get(Appointment, made["over"]).status == "done"
        assert session.get(Appointment, made["running"]).status == "no_answer"
        assert session.get(Lead, made["nobody"]).assigned_to_id == me
        assert session.get(Lead, made["stale"]).next_follow_up_at > utcnow()
    page = house.browser("owner", tenant).go("/crm/today/")
    assert set(titles(page)) <= {"Talk"}, "nothing is left but another try, if it falls on today"


def test_nobody_does_what_they_may_not(house, place):
    tenant, me = place
    made = fill(house, tenant, me)
    page = house.browser("viewer", tenant).go("/crm/today/")
    assert page.status_code == 200
    assert titles(page) == ["nobody"]
    assert 'name="do"' not in page.text, "a button that would only refuse is not there"
    assert do(house, tenant, "unassigned", made["nobody"], "take", "viewer").status_code == 303
    assert "None of your roles here allows this" in house.browser("viewer", tenant).go("/crm/today/").text
    with house.inside(tenant) as session:
        assert session.get(Lead, made["nobody"]).assigned_to_id is None
    assert do(house, tenant, "unassigned", made["nobody"], "explode").status_code == 400
    assert do(house, tenant, "nonsense", "x", "done").status_code == 400
    assert do(house, tenant, "task", "no-id", "done").status_code == 303
    elsewhere = house.globex
    assert do(house, elsewhere, "task", made["task"], "done").status_code == 303
    with house.inside(tenant) as session:
        assert session.get(Task, made["task"]).state == "open"


def test_of_two_who_take_a_lead_one_gets_it(house, place):
    tenant, _me = place
    lead_id = new_lead(house, tenant, None, title="nobody")
    do(house, tenant, "unassigned", lead_id, "take", "admin")
    do(house, tenant, "unassigned", lead_id, "take", "owner")
    assert "has this lead already" in house.browser("owner", tenant).go("/crm/today/").text
    with house.inside(tenant) as session:
        assert session.get(Lead, lead_id).assigned_to_id == member_of(house, tenant, "admin")
