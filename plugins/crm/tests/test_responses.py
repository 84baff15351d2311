"""Answers in time: which target counts, until when, what asks and what answers, and who is told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.data import Scope, db, scope
from app.messaging.models import Notification
from app.sdk import utcnow
from app.testing.counting import count_statements
from plugins.crm.models import (
    Activity,
    CaptureForm,
    CaptureSubmission,
    Holiday,
    Lead,
    LeadAnswer,
    Pipeline,
    ResponseTarget,
    WorkingTime,
)
from plugins.crm.services import booking, reminding
from plugins.crm.services.capture import processing
from plugins.crm.services.response.desk import desk
from plugins.crm.tests.agenda import member_of, new_lead
from plugins.crm.tests.capture.questions import question
from plugins.crm.tests.sales import Sales
from plugins.crm.tests.test_reminders import remind, speak, told
from plugins.crm.tests.test_reports import ask
from plugins.crm.tests.test_today import titles, why

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALWAYS = [(str(day), "00:00", "23:59") for day in range(7)]


@pytest.fixture
def sales(house):
    return Sales(house)


@pytest.fixture
def me(house, sales):
    """The owner, who works day and night and for whom it is noon: nothing depends on when the tests run."""
    speak(house, sales.tenant, "owner", "en", f"Etc/GMT{utcnow().hour - 12:+d}")
    member = member_of(house, sales.tenant, "owner")
    rows = (WorkingTime(member_id=member, weekday=day, starts=starts, ends=ends) for day, starts, ends in ALWAYS)
    house.add(*rows, tenant=sales.tenant)
    return member


def target(sales, **values):
    answer = sales.api.post("/crm/response_target", {"name": "All", "first_minutes": 60, **values})
    assert answer.status_code == 201, answer.text
    return answer.json


def waits(sales, lead):
    row = sales.stored(lead)
    return row.response_state, row.respond_by - row.waiting_since if row.waiting_since else None


def set_back(sales, lead, by):
    """Let a lead have waited longer."""
    with sales.house.inside(sales.tenant) as session:
        row = session.get(Lead, lead["id"])
        row.waiting_since, row.respond_by = row.waiting_since - by, row.respond_by - by
        session.commit()


def answers(sales):
    with sales.house.inside(sales.tenant) as session:
        rows = session.scalars(select(LeadAnswer).order_by(LeadAnswer.id))
        return [(row.round, row.in_time, row.minutes) for row in rows]


# Targets --------------------------------------------------------------------------------------------------------------


def test_without_a_target_nothing_is_due(sales, me):
    lead = sales.lead(assigned_to=str(me))
    assert (lead["response_state"], lead["respond_by"]) == (None, None)


def test_the_first_target_that_fits_counts(house, sales, me):
    other = house.add(Pipeline(name="Partners", position=2), tenant=sales.tenant)[0]
    target(sales, name="Web", position=1, source="web, Fair", first_minutes=10)
    target(sales, name="Urgent", position=2, priority="urgent", first_minutes=20)
    target(sales, name="Partners", position=3, pipeline=str(other), first_minutes=30)
    target(sales, name="Off", position=4, first_minutes=1, is_active=False)
    target(sales, name="All", position=5, first_minutes=40)
    for values, minutes in (
        ({"source": "WEB", "priority": "urgent"}, 10), ({"source": "fair"}, 10), ({"source": "web shop"}, 40),
        ({"priority": "urgent"}, 20), ({}, 40),
    ):  # fmt: skip
        lead = sales.lead(assigned_to=str(me), **values)
        assert waits(sales, lead) == ("waiting", minutes * MINUTE), values
    sales.api.patch(f"/crm/lead/{lead['id']}", {"priority": "urgent"})
    assert waits(sales, lead) == ("waiting", 20 * MINUTE), "it is another kind of lead now"


@pytest.mark.parametrize("values", [{"first_minutes": 0}, {"first_minutes": 20_000}, {"warn_minutes": 2_000}])
def test_a_target_that_makes_no_sense_is_refused(sales, values):
    answer = sales.api.post("/crm/response_target", {"name": "All", "first_minutes": 60, **values})
    assert answer.status_code == 422
    assert set(values) <= set(answer.text.split('"'))


def test_leads_that_come_closed_wait_for_nothing(sales, me):
    target(sales)
    assert waits(sales, sales.lead(stage=str(sales.stages["won"]))) == (None, None)


# Working time ---------------------------------------------------------------------------------------------------------


def hours(house, tenant, member):
    with house.inside(tenant):
        return desk().hours_of(member)


def test_only_working_time_counts(house, sales):
    agent = member_of(house, sales.tenant)
    found = hours(house, sales.tenant, agent)
    zone = found.zone
    friday = datetime(2027, 1, 15, 16, 30, tzinfo=zone)
    assert found.after(friday, HOUR).astimezone(zone) == datetime(2027, 1, 18, 9, 30, tzinfo=zone)
    assert found.between(friday, datetime(2027, 1, 18, 9, 30, tzinfo=zone)) == HOUR
    saturday = datetime(2027, 1, 16, 3, 0, tzinfo=zone)
    assert found.after(saturday, HOUR).astimezone(zone) == datetime(2027, 1, 18, 10, 0, tzinfo=zone)


def test_it_is_the_owner_s_own_working_time_that_counts_once_where_it_overlaps(house, sales):
    agent = member_of(house, sales.tenant)
    house.add(
        WorkingTime(member_id=agent, weekday="2", starts="20:00", ends="21:00"),
        WorkingTime(member_id=agent, weekday="2", starts="20:30", ends="21:30"),
        tenant=sales.tenant,
    )
    found = hours(house, sales.tenant, agent)
    monday = datetime(2027, 1, 18, 12, 0, tzinfo=found.zone)
    assert found.after(monday, HOUR) == datetime(2027, 1, 20, 21, 0, tzinfo=found.zone)
    assert found.after(monday, 2 * HOUR) == datetime(2027, 1, 27, 20, 30, tzinfo=found.zone)


def test_holidays_do_not_count_and_nobody_is_free_on_them(house, sales):
    agent = member_of(house, sales.tenant)
    house.add(
        Holiday(name="New Year", falls_on=date(2020, 1, 1), is_yearly=True),
        Holiday(name="Bridge", falls_on=date(2027, 1, 4)),
        Holiday(name="Long ago", falls_on=date(2026, 1, 5)),
        tenant=sales.tenant,
    )
    found = hours(house, sales.tenant, agent)
    new_year_s_eve = datetime(2026, 12, 31, 16, 30, tzinfo=found.zone)  # a Thursday: the next working day is Tuesday
    assert found.after(new_year_s_eve, HOUR) == datetime(2027, 1, 5, 9, 30, tzinfo=found.zone)
    with house.inside(sales.tenant):
        free = booking.next_free(agent, datetime(2030, 12, 31, 17, 0, tzinfo=found.zone), HOUR)
    assert free == datetime(2031, 1, 2, 9, 0, tzinfo=found.zone)


def test_a_lead_of_nobody_has_the_working_time_of_the_tenant(house, sales):
    target(sales)
    lead = sales.lead()
    row = sales.stored(lead)
    assert row.assigned_to_id is None
    assert row.respond_by == hours(house, sales.tenant, None).after(row.waiting_since, HOUR)


def test_given_to_somebody_else_their_working_time_counts_from_the_same_moment(house, sales, me):
    agent = member_of(house, sales.tenant)
    house.add(WorkingTime(member_id=agent, weekday="2", starts="20:00", ends="21:00"), tenant=sales.tenant)
    target(sales)
    lead = sales.lead(assigned_to=str(me))
    before = sales.stored(lead)
    assert sales.act("assign", lead, member=str(agent)).status_code == 200
    row = sales.stored(lead)
    assert row.waiting_since == before.waiting_since
    assert row.respond_by == hours(house, sales.tenant, agent).after(row.waiting_since, HOUR) > before.respond_by


# Asked and answered ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "values"),
    [
        ("log_call", {"result": "reached"}), ("log_call", {"result": "no_answer"}),
        ("log_call", {"result": "reached", "direction": "in"}), ("log_email", {"subject": "Hello"}),
        ("log_meeting", {}), ("answered", {}), ("followed_up", {}),
    ],
)  # fmt: skip
def test_what_a_colleague_does_is_the_answer(sales, me, verb, values):
    target(sales)
    lead = sales.lead(assigned_to=str(me), next_follow_up_at=(utcnow() + DAY).isoformat())
    assert sales.act(verb, lead, **values).status_code == 200
    row = sales.stored(lead)
    assert (row.response_state, row.respond_by, row.waiting_since) == ("met", None, None)
    assert row.first_responded_at > row.created_at
    assert answers(sales) == [("first", True, 0)]


@pytest.mark.parametrize("values", [{"result": "no_answer"}, {"result": "call_back"}])
def test_a_call_of_the_customer_that_nobody_took_is_no_answer(sales, me, values):
    target(sales)
    lead = sales.lead(assigned_to=str(me))
    before = sales.stored(lead)
    sales.act("log_call", lead, direction="in", **values)
    row = sales.stored(lead)
    assert (row.response_state, row.waiting_since) == ("waiting", before.waiting_since)


def test_an_answer_that_comes_too_late_is_late(sales, me):
    target(sales)
    lead = sales.lead(assigned_to=str(me))
    set_back(sales, lead, 3 * HOUR)
    sales.act("log_email", lead, subject="Sorry")
    assert waits(sales, lead) == ("missed", None)
    [(number, in_time, minutes)] = answers(sales)
    assert (number, in_time) == ("first", False)
    assert 175 <= minutes <= 185


def test_each_word_of_the_customer_asks_for_another_answer(sales, me):
    target(sales, again_minutes=30)
    lead = sales.lead(assigned_to=str(me))
    sales.act("log_email", lead, subject="Hello")
    sales.act("log_email", lead, subject="How much?", direction="in")
    assert waits(sales, lead) == ("waiting", 30 * MINUTE)
    since = sales.stored(lead).waiting_since
    sales.act("log_email", lead, subject="Well?", direction="in")
    assert sales.stored(lead).waiting_since == since, "who waits goes on waiting since the first word"
    sales.act("log_call", lead, result="voicemail")
    assert waits(sales, lead) == ("met", None)
    assert [one[:2] for one in answers(sales)] == [("first", True), ("again", True)]


def test_without_a_time_for_further_answers_nothing_more_is_due(sales, me):
    target(sales)
    lead = sales.lead(assigned_to=str(me))
    sales.act("log_email", lead, subject="Hello")
    sales.act("log_email", lead, subject="How much?", direction="in")
    assert waits(sales, lead) == ("met", None)


def test_what_is_written_down_later_counts_for_when_it_was(sales, me):
    target(sales, again_minutes=30)
    lead = sales.lead(assigned_to=str(me))
    set_back(sales, lead, 5 * HOUR)
    activity = {"kind": "call", "result": "reached", "direction": "out", "lead": lead["id"]}
    sales.api.post("/crm/activity", {**activity, "at": (utcnow() - 4.5 * HOUR).isoformat()})
    assert waits(sales, lead) == ("met", None), "it was in time"
    word = {"kind": "email", "direction": "in", "lead": lead["id"], "subject": "Hello"}
    sales.api.post("/crm/activity", {**word, "at": (utcnow() - 4.8 * HOUR).isoformat()})
    assert waits(sales, lead) == ("met", None), "that was answered by the call"
    sales.api.post("/crm/activity", {**word, "at": (utcnow() - 4 * HOUR).isoformat()})
    assert waits(sales, lead) == ("waiting", 30 * MINUTE)
    sales.api.post("/crm/activity", {**activity, "at": (utcnow() - 4.2 * HOUR).isoformat()})
    assert waits(sales, lead)[0] == "waiting", "a call before the question is no answer to it"


def test_a_direction_that_is_put_right_is_heard(sales, me):
    target(sales, again_minutes=30)
    lead = sales.lead(assigned_to=str(me))
    sales.act("log_email", lead, subject="Hello", direction="in")
    with sales.house.inside(sales.tenant) as session:
        row = session.scalars(select(Activity)).one().id
    assert sales.api.patch(f"/crm/activity/{row}", {"direction": "out"}).status_code == 200
    assert waits(sales, lead) == ("met", None)


def test_closed_leads_wait_for_nothing_and_wait_again_when_they_are_opened(sales, me):
    target(sales, again_minutes=30)
    lead = sales.lead(assigned_to=str(me))
    sales.act("log_email", lead, subject="Hello")
    sales.act("log_email", lead, subject="How much?", direction="in")
    assert sales.act("win", lead).status_code == 200
    assert waits(sales, lead) == (None, None)
    sales.act("log_email", lead, subject="Thanks", direction="in")
    assert waits(sales, lead) == (None, None)
    assert sales.act("reopen", lead).status_code == 200
    assert waits(sales, lead) == ("waiting", 30 * MINUTE)
    assert sales.move(lead, "qualified").status_code == 200
    assert waits(sales, lead) == ("waiting", 30 * MINUTE)
    assert len(answers(sales)) == 1


def test_when_a_target_changes_leads_that_wait_are_set_again(app, sales, me):
    made = target(sales)
    lead = sales.lead(assigned_to=str(me))
    since = sales.stored(lead).waiting_since
    sales.api.patch(f"/crm/response_target/{made['id']}", {"first_minutes": 90})
    remind(app, sales.house, sales.tenant, "crm.retarget")
    assert waits(sales, lead) == ("waiting", 90 * MINUTE)
    assert sales.stored(lead).waiting_since == since
    sales.api.patch(f"/crm/response_target/{made['id']}", {"is_active": False})
    remind(app, sales.house, sales.tenant, "crm.retarget")
    assert waits(sales, lead) == (None, None)


def test_whoever_sent_a_form_waits_since_they_sent_it(house, sales, me):
    target(sales)
    form = CaptureForm(name="Website", key=uuid4().hex[:12], questions=[question("Name", "contact.name", "text")])
    form_id = house.add(form, tenant=sales.tenant)[0]
    sent = utcnow() - 3 * HOUR
    row = CaptureSubmission(
        form_id=form_id, answers={"name": "Nora"}, raw={}, key=uuid4().hex, state="received", created_at=sent
    )
    row_id = house.add(row, tenant=sales.tenant)[0]
    with house.inside(sales.tenant) as session:
        processing.make(session.get(CaptureSubmission, row_id))
        session.commit()
        lead = session.get(Lead, session.get(CaptureSubmission, row_id).lead_id)
        assert lead.waiting_since == sent


# Who is told ----------------------------------------------------------------------------------------------------------


def notices(house, tenant, about):
    with house.inside(tenant) as session:
        found = select(Notification.title).where(Notification.kind == f"crm.{about}").order_by(Notification.id)
        return list(session.scalars(found))


def test_the_owner_is_warned_once_and_told_once_that_it_is_late(app, house, sales, me):
    target(sales, warn_minutes=20)
    lead = sales.lead(title="Nora", assigned_to=str(me))
    sales.lead(title="Nobody's")
    remind(app, house, sales.tenant)
    assert notices(house, sales.tenant, "answer_soon") == []
    set_back(sales, lead, 45 * MINUTE)
    for _time in range(2):
        remind(app, house, sales.tenant)
    assert notices(house, sales.tenant, "answer_soon") == ["Answer soon: Nora"]
    set_back(sales, lead, HOUR)
    for _time in range(2):
        remind(app, house, sales.tenant)
    assert notices(house, sales.tenant, "answer_soon") == ["Answer soon: Nora"]
    assert notices(house, sales.tenant, "answer_late") == ["Answer late: Nora"]
    assert [payload["lead_id"] for _name, payload in sales.told("crm.answer_late")] == [lead["id"]]
    sales.act("answered", lead)
    remind(app, house, sales.tenant)
    assert len(told(house, sales.tenant, me)) == 2


def test_several_of_one_owner_are_one_notice(app, house, sales, me):
    target(sales)
    for number in range(3):
        set_back(sales, sales.lead(title=f"Lead {number}", assigned_to=str(me)), 2 * HOUR)
    remind(app, house, sales.tenant)
    assert notices(house, sales.tenant, "answer_late") == ["Late answers: 3"]


def test_of_many_who_look_at_once_one_tells(app, house, sales, me):
    with house.inside(sales.tenant) as session:
        session.add(ResponseTarget(name="All", first_minutes=60))
        session.commit()
    for number in range(8):
        lead = new_lead(house, sales.tenant, me, title=f"Lead {number}")
        set_back(sales, {"id": lead}, 2 * HOUR)
    barrier = threading.Barrier(6)

    class Run:
        def check(self):
            """Nobody asks for an end."""

    def work(_number):
        with app.app_context(), scope(Scope(sales.tenant.id, via="job")):
            db.session.connection()
            barrier.wait(30)
            given = reminding.remind(Run())
            db.session.commit()
            return given

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(6))) == 8
    with house.inside(sales.tenant) as session:
        bodies = list(session.scalars(select(Notification.body).where(Notification.kind == "crm.answer_late")))
    assert sum(len(body.splitlines()) or 1 for body in bodies) == 8


# Today ----------------------------------------------------------------------------------------------------------------


def test_today_says_whom_to_answer_and_until_when(house, sales, me):
    target(sales, warn_minutes=45)
    soon, late, _later = (sales.lead(title=title, assigned_to=str(me)) for title in ("soon", "late", "later"))
    set_back(sales, soon, 35 * MINUTE - timedelta(seconds=30))
    set_back(sales, late, 3 * HOUR + MINUTE)
    with house.inside(sales.tenant) as session:
        session.get(Lead, late["id"]).next_follow_up_at = utcnow() - DAY
        session.commit()
    overdue = new_lead(house, sales.tenant, me, title="overdue", next_follow_up_at=utcnow() - DAY)
    sales.act("answered", {"id": overdue})
    with house.inside(sales.tenant) as session:
        session.get(Lead, overdue).next_follow_up_at = utcnow() - DAY
        session.commit()
    nobodys = sales.lead(title="nobody's")
    with house.inside(sales.tenant) as session:
        session.get(Lead, nobodys["id"]).respond_by = utcnow() - 2 * HOUR - MINUTE
        session.commit()
    page = sales.browser.go("/crm/today/")
    assert titles(page) == ["soon", "late", "nobody&#39;s", "overdue", "later"], "each once, for its first reason"
    reasons = why(page)
    assert reasons[0] == "Answer within 25 minutes."
    assert "The answer is late by 2 hours." in reasons
    assert "Nobody looks after this lead; the answer is late by 2 hours." in reasons
    sent = sales.browser.send("/crm/today/", {"item": f"answer:{late['id']}", "do": "done"})
    assert sent.status_code == 303
    assert waits(sales, late) == ("missed", None)


def test_today_costs_as_much_with_many_answers(house, sales, me):
    target(sales)
    sales.browser.go("/crm/today/")
    with count_statements() as seen:
        assert sales.browser.go("/crm/today/").status_code == 200
    few = len(seen)
    for number in range(30):
        set_back(sales, {"id": new_lead(house, sales.tenant, me, title=f"late {number}")}, 2 * HOUR)
    with count_statements() as seen:
        page = sales.browser.go("/crm/today/")
    assert len(seen) == few <= 8, seen.report()
    assert "More is waiting than is shown" in page.text


# Figures --------------------------------------------------------------------------------------------------------------


def test_the_share_in_time_counts_answers_that_are_late_and_not_given(house, sales, me):
    target(sales, again_minutes=30)
    for source, by, is_answered in (
        ("Web", 30 * MINUTE, True), ("Web", 2 * HOUR, True), ("Fair", 3 * HOUR, False), ("Fair", 0 * HOUR, False)
    ):  # fmt: skip
        lead = sales.lead(assigned_to=str(me), source=source)
        set_back(sales, lead, by)
        if is_answered:
            sales.act("answered", lead)
    measures = "&".join(f"measure={one}" for one in ("rate", "due", "late", "avg.minutes"))
    found = ask(house, sales.tenant, f"source=crm.answers&by=source&{measures}")
    assert found["Web"][0]["values"][:3] == ["50.0", 2, "1"]
    assert 74 <= float(found["Web"][0]["values"][3]) <= 76
    assert found["Fair"][0]["values"] == ["0.0", 1, "1", None]


# Over REST, on lists, and what it costs -------------------------------------------------------------------------------


def test_it_is_shown_filtered_and_never_written_from_outside(sales, me):
    target(sales)
    lead = sales.lead(assigned_to=str(me))
    other = sales.lead(assigned_to=str(me))
    sales.act("answered", other)
    sales.api.patch(f"/crm/lead/{lead['id']}", {"respond_by": None, "response_state": "met"})
    assert waits(sales, lead) == ("waiting", HOUR)
    found = sales.api.get("/crm/lead?response_state.is=waiting&sort=respond_by").json
    assert [one["id"] for one in found["data"]] == [lead["id"]]
    page = sales.browser.go(f"/crm/lead/{lead['id']}")
    assert "Waits for an answer" in page.text
    assert "Answered" in page.text
    told_there = sales.browser.go(f"/crm/lead/{other['id']}/timeline").text
    assert "First answer · Answered in time" in told_there
    assert "Working minutes until the answer: 0" in told_there
    columns = sales.browser.go("/crm/lead/?columns=title,response_state,respond_by")
    assert columns.status_code == 200


def test_many_leads_at_once_cost_few_statements(house, sales, me):
    target(sales)
    agent = member_of(house, sales.tenant)
    made = [new_lead(house, sales.tenant, agent, title=f"Lead {number}") for number in range(12)]

    def give(leads, member):
        with house.inside(sales.tenant) as session:
            rows = session.scalars(select(Lead).where(Lead.id.in_(leads))).all()
            with count_statements() as seen:
                for row in rows:
                    row.assigned_to_id = member
                session.flush()
            session.commit()
        return sum(one.startswith("SELECT") for one in seen)

    assert give(made[:2], me) == give(made[2:], me), "working times and targets are read once"


def test_berlin_and_riyadh_are_different_mornings(house, sales):
    found = hours(house, sales.tenant, None)
    berlin = type(found)(found.week, ZoneInfo("Europe/Berlin"), found.off)
    riyadh = type(found)(found.week, ZoneInfo("Asia/Riyadh"), found.off)
    night = datetime(2027, 3, 1, 1, 0, tzinfo=UTC)  # a Monday
    assert berlin.after(night, HOUR) - riyadh.after(night, HOUR) == 2 * HOUR
