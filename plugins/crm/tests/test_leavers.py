"""Who has left gets no new work, by whatever way; what they have stays theirs."""

from __future__ import annotations

import pytest

from app.identity.services import remove_member
from app.sdk import Member, utcnow
from plugins.crm.models import Lead, Task
from plugins.crm.services.activities import add_task
from plugins.crm.tests.agenda import LATER, member_of, new_appointment, new_lead
from plugins.crm.tests.sales import Sales
from tests.transfer_house import bring, problems


@pytest.fixture
def sales(house):
    return Sales(house)


@pytest.fixture
def left(house, sales):
    """Somebody who has left with a lead, a task and an appointment."""
    gone = member_of(house, sales.tenant)
    lead = new_lead(house, sales.tenant, gone, title="Theirs")
    task = house.add(Task(title="Theirs", state="open", assignee_id=gone), tenant=sales.tenant)[0]
    met = new_appointment(house, sales.tenant, lead, gone)
    with house.app.app_context():
        remove_member(house.people[sales.tenant.slug, "agent"].id, sales.tenant.id)
    return str(gone), {"lead": lead, "task": task, "appointment": met}


def name_of(house, sales):
    with house.inside(sales.tenant) as session:
        return session.get(Member, member_of(house, sales.tenant)).name


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        ("lead", "assigned_to", {"title": "New"}),
        ("task", "assignee", {"title": "New"}),
        ("appointment", "assignee", {"scheduled_at": LATER.isoformat()}),
    ],
)
def test_new_work_is_refused_in_words_and_old_stays(house, sales, left, kind, field, values):
    gone, theirs = left
    if kind == "appointment":
        values = {**values, "lead": str(theirs["lead"])}
    address = f"/crm/{kind}?confirm=1"
    refused = sales.api.post(address, {**values, field: gone})
    assert refused.status_code == 422, refused.text
    assert refused.json["errors"] == {field: f"“{name_of(house, sales)}” has left."}
    mine = sales.api.post(address, {**values, field: str(member_of(house, sales.tenant, "owner"))}).json
    assert sales.api.patch(f"/crm/{kind}/{mine['id']}", {field: gone}).status_code == 422
    kept = sales.api.patch(f"/crm/{kind}/{theirs[kind]}", {field: gone, "title": "Still theirs"})
    assert (kept.status_code, kept.json[field]) == (200, gone), kept.text


def test_a_file_gives_nobody_who_has_left_new_work(house, sales, left):
    name = name_of(house, sales)
    for kind, field in (("lead", "assigned_to"), ("task", "assignee")):
        done = bring(house.app, sales.tenant, f"crm.{kind}", f"title,{field}\nNew,{left[0]}\n".encode())
        assert (done.created, done.failed) == (0, 1)
        assert f"“{name}” has left." in str(problems(house.app, sales.tenant, done))


def test_what_is_over_may_be_of_somebody_who_has_left(sales, left):
    closed = {"title": "Before", "assigned_to": left[0], "stage": str(sales.stages["won"])}
    assert sales.api.post("/crm/lead?confirm=1", closed).status_code == 201
    done = {"title": "Before", "assignee": left[0], "state": "done"}
    assert sales.api.post("/crm/task", done).status_code == 201


def test_merged_leads_may_stay_with_somebody_who_has_left(house, sales, left):
    gone, theirs = left
    survivor = sales.lead(title="Mine")
    wish = {"survivor": survivor["id"], "ids": [str(theirs["lead"])], "fields": {"assigned_to": str(theirs["lead"])}}
    done = sales.api.post("/merging/merges", {"resource": "crm.lead", **wish})
    assert done.status_code == 201, done.text
    assert str(sales.stored(survivor).assigned_to_id) == gone


def test_a_task_that_nobody_adds_is_not_left_to_an_owner_who_is_gone(house, sales, left):
    with house.inside(sales.tenant) as session:
        add_task([session.get(Lead, left[1]["lead"])], title="Call", due_at=utcnow())
        session.flush()
        assert [row.assignee_id for row in session.query(Task).filter_by(title="Call")] == [None]
