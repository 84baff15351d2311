"""What was done and what is to be done: by quick forms on a lead's page, by REST, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.data import platform_session
from app.identity.models import Account
from app.sdk import Contact, utcnow
from app.testing.pages import page_of
from plugins.crm.models import Activity, Lead, Task
from plugins.crm.tests.agenda import member_of, new_lead

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def place(house):
    tenant = house.new_tenant()
    agent = member_of(house, tenant)
    return tenant, agent, new_lead(house, tenant, agent, email="nora@example.com", last_activity_at=utcnow() - 9 * DAY)


def lead_of(house, tenant, lead_id):
    with house.inside(tenant) as session:
        found = session.get(Lead, lead_id)
        session.expunge_all()
        return found


def test_a_call_is_logged_from_the_page_of_a_lead(house, place):
    tenant, agent, lead_id = place
    browser = house.browser("agent", tenant)
    assert "Log a call" in browser.go(f"/crm/lead/{lead_id}/timeline").text
    asked = browser.send(f"/crm/lead/actions/log_call?id={lead_id}")
    assert "Result" in asked.text
    answer = browser.send(
        f"/crm/lead/actions/log_call?id={lead_id}",
        {"_run": "1", "result": "reached", "direction": "out", "minutes": "12", "notes": "Wants an offer",
         "follow_up_at": "2031-03-05T10:00"},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    with house.inside(tenant) as session:
        call = session.scalars(select(Activity)).one()
        assert (call.kind, call.result, call.minutes, call.direction) == ("call", "reached", 12, "out")
        assert (call.done_by_id, call.lead_id) == (agent, lead_id)
        assert session.get(Contact, call.contact_id).full_name == "Nora", "the contact follows from the lead"
    lead = lead_of(house, tenant, lead_id)
    assert lead.last_activity_at > utcnow() - HOUR
    assert lead.next_follow_up_at == datetime(2031, 3, 5, 10, tzinfo=UTC)


def test_every_kind_of_activity_has_its_quick_way(house, place):
    tenant, _agent, lead_id = place
    api = house.api("agent", tenant)
    for action, values in (
        ("log_call", {"result": "no_answer"}),
        ("log_meeting", {"subject": "Visit", "minutes": 60}),
        ("log_email", {"subject": "Offer", "notes": "Sent it"}),
        ("add_task", {"title": "Call again", "due_at": "2031-01-01T09:00:00Z", "priority": "high"}),
    ):
        answer = api.post(f"/crm/lead/{lead_id}/actions/{action}", json=values)
        assert answer.status_code == 200, answer.text
    with house.inside(tenant) as session:
        assert sorted(session.scalars(select(Activity.kind))) == ["call", "email", "meeting"]
        task = session.scalars(select(Task)).one()
        assert (task.title, task.priority, task.assignee_id) == ("Call again", "high", member_of(house, tenant))


def test_activities_move_the_last_activity_forward_only(house, place):
    tenant, _agent, lead_id = place
    api = house.api("agent", tenant)
    recent = lead_of(house, tenant, lead_id).last_activity_at
    old = (recent - 5 * DAY).isoformat()
    assert api.post("/crm/activity", json={"kind": "call", "lead": str(lead_id), "at": old}).status_code == 201
    assert lead_of(house, tenant, lead_id).last_activity_at == recent
    assert api.post("/crm/activity", json={"kind": "call", "lead": str(lead_id)}).status_code == 201
    assert lead_of(house, tenant, lead_id).last_activity_at > recent


def test_what_cannot_be_is_refused_in_words(house, place):
    tenant, _agent, lead_id = place
    api = house.api("agent", tenant)
    ahead = (utcnow() + DAY).isoformat()
    answer = api.post("/crm/activity", json={"kind": "meeting", "lead": str(lead_id), "at": ahead})
    assert "not taken place yet" in answer.text
    answer = api.post("/crm/activity", json={"kind": "call"})
    assert answer.status_code == 409, "asked about first"
    assert "about no lead, contact or company" in answer.text
    assert "needs a day" in api.post("/crm/task", json={"title": "x", "repeats": "daily"}).text


def test_follow_ups_are_set_by_words_and_by_dates(house, place):
    tenant, _agent, lead_id = place
    api = house.api("agent", tenant)
    at = f"/crm/lead/{lead_id}/actions/follow_up"
    for choice, least, most in (
        ("later_today", 2 * HOUR, 3 * HOUR), ("tomorrow", HOUR, 2 * DAY), ("in_3_days", 2 * DAY, 4 * DAY),
        ("next_week", HOUR, 8 * DAY), ("in_a_month", 28 * DAY, 31 * DAY),
    ):  # fmt: skip
        answer = api.post(at, json={"when": choice})
        assert answer.status_code == 200, answer.text
        assert least - HOUR <= lead_of(house, tenant, lead_id).next_follow_up_at - utcnow() <= most, choice
    assert api.post(at, json={"when": "at", "at": "2031-01-01T10:00:00Z"}).status_code == 200
    assert lead_of(house, tenant, lead_id).next_follow_up_at == datetime(2031, 1, 1, 10, tzinfo=UTC)
    assert "say when" in api.post(at, json={"when": "at"}).text
    assert "has passed" in api.post(at, json={"when": "at", "at": "2021-01-01T10:00:00Z"}).text
    assert api.post(f"/crm/lead/{lead_id}/actions/followed_up").status_code == 200
    assert lead_of(house, tenant, lead_id).next_follow_up_at is None


def test_due_and_overdue_follow_ups_are_lists(house, place):
    tenant, agent, _lead_id = place
    for title, at in (("overdue", -DAY), ("today", HOUR), ("later", 9 * DAY)):
        new_lead(house, tenant, agent, title=title, next_follow_up_at=utcnow() + at)
    page = house.browser("agent", tenant).go(
        f"/crm/lead/?next_follow_up_at.before={utcnow():%Y-%m-%dT%H:%M}&sort=next_follow_up_at&assigned_to.is={agent}"
    )
    assert "overdue" in page.text
    assert ">later<" not in page.text


def test_a_task_that_repeats_is_followed_by_the_next_one(house, place):
    tenant, agent, lead_id = place
    api = house.api("agent", tenant)
    due = (utcnow() - 3 * DAY).replace(microsecond=0)
    made = api.post(
        "/crm/task", json={"title": "Water", "due_at": due.isoformat(), "repeats": "daily", "lead": str(lead_id)}
    )
    assert made.status_code == 201, made.text
    key = made.json["id"]
    for _time in range(2):
        api.post(f"/crm/task/{key}/actions/finish")
        api.post(f"/crm/task/{key}/actions/reopen")
    with house.inside(tenant) as session:
        following = session.scalars(select(Task).where(Task.id != key)).one()
        assert following.state == "open"
        assert following.assignee_id == agent
        assert utcnow() < following.due_at <= utcnow() + DAY, "what was missed is not caught up"
        assert str(following.follows_id) == key


def test_a_task_that_begins_as_done_is_not_repeated(house, place):
    tenant, _agent, _lead_id = place
    values = {"title": "Was done", "state": "done", "repeats": "weekly", "due_at": "2026-01-01T09:00:00Z"}
    assert house.api("agent", tenant).post("/crm/task", json=values).status_code == 201
    with house.inside(tenant) as session:
        assert session.scalars(select(Task)).one().done_at is not None


def test_a_task_is_done_by_its_board_form_and_action(house, place):
    tenant, _agent, _lead_id = place
    browser = house.browser("agent", tenant)
    form = page_of(browser.go("/crm/task/add")).guarded()
    assert browser.post(form.action, data=form.data(title="Write")).status_code == 303
    with house.inside(tenant) as session:
        key = session.scalars(select(Task.id)).one()
    form = page_of(browser.go(f"/crm/task/{key}/edit")).guarded()
    assert browser.post(form.action, data=form.data(state="done")).status_code == 303
    with house.inside(tenant) as session:
        assert session.get(Task, key).done_at is not None
    browser.send(f"/crm/task/actions/reopen?id={key}")
    with house.inside(tenant) as session:
        assert session.get(Task, key).done_at is None


def test_only_own_leads_means_only_their_activities(house, place):
    from app.features.access_rules import AccessRule

    tenant, agent, lead_id = place
    manager = member_of(house, tenant, "manager")
    other = new_lead(house, tenant, manager, title="of the manager")
    for lead in (lead_id, other):
        house.add(
            Activity(kind="call", subject=f"about {lead}", lead_id=lead, at=utcnow(), done_by_id=manager), tenant=tenant
        )
    house.add(Task(title="given", state="open", lead_id=other, assignee_id=agent), tenant=tenant)
    house.add(Task(title="not given", state="open", lead_id=other, assignee_id=manager), tenant=tenant)
    house.add(AccessRule(role="agent", resource="crm.lead", row_scope="own", hidden=[], readonly=[]), tenant=tenant)
    api = house.api("agent", tenant)
    assert [row["subject"] for row in api.get("/crm/activity").json["data"]] == [f"about {lead_id}"]
    assert [row["title"] for row in api.get("/crm/task").json["data"]] == ["given"]
    assert len(house.api("owner", tenant).get("/crm/activity").json["data"]) == 2


def finished_in_turn(house, tenant, task, times, zone, role="agent"):
    """When a task that repeats is due, each time that it is done, on the clock of a zone."""
    house.add(task, tenant=tenant)
    api, seen = house.api(role, tenant), []
    for _time in range(times):
        with house.inside(tenant) as session:
            row = session.scalars(select(Task).where(Task.state == "open")).one()
            seen.append(f"{row.due_at.astimezone(zone):%m-%d %H:%M}")
            key = row.id
        assert api.post(f"/crm/task/{key}/actions/finish").status_code == 200
    return seen


@pytest.mark.parametrize(
    ("day", "expected"), [(31, ["01-31", "02-28", "03-31", "04-30"]), (30, ["01-30", "02-28", "03-30", "04-30"])]
)
def test_every_month_goes_on_by_the_day_that_was_meant(house, day, expected):
    tenant = house.new_tenant(timezone="Europe/Berlin")
    due = datetime(2031, 1, day, 8, tzinfo=UTC)
    task = Task(title="Rent", state="open", repeats="monthly", due_at=due, assignee_id=member_of(house, tenant))
    found = finished_in_turn(house, tenant, task, 4, BERLIN)
    assert found == [f"{one} 09:00" for one in expected]


def test_every_day_goes_on_at_the_time_that_was_meant(house):
    tenant = house.new_tenant(timezone="Europe/Berlin")
    due = datetime(2031, 3, 29, 1, 30, tzinfo=UTC)  # half past two, which the day after leaves out
    task = Task(title="Backup", state="open", repeats="daily", due_at=due, assignee_id=member_of(house, tenant))
    assert finished_in_turn(house, tenant, task, 3, BERLIN) == ["03-29 02:30", "03-30 03:30", "03-31 02:30"]


def test_a_task_repeats_on_the_clock_of_whoever_does_it(house):
    """A manager elsewhere finishes it: the morning stays the agent's morning when the manager's clock jumps."""
    tenant = house.new_tenant(timezone="Asia/Riyadh")
    with house.app.app_context(), platform_session("a manager lives elsewhere") as session:
        session.get(Account, house.people[tenant.slug, "manager"].id).timezone = "Europe/Berlin"
    due = datetime(2031, 3, 29, 6, tzinfo=UTC)
    task = Task(title="Water", state="open", repeats="daily", due_at=due, assignee_id=member_of(house, tenant))
    found = finished_in_turn(house, tenant, task, 3, ZoneInfo("Asia/Riyadh"), "manager")
    assert found == ["03-29 09:00", "03-30 09:00", "03-31 09:00"]
