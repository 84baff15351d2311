"""Reminders: told when their time has come, to whom they belong, in their language and on their clock, and once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from app.data import Scope, db, platform_session, scope
from app.jobs import enqueue, run_due
from app.messaging.models import Notification
from app.sdk import utcnow
from app.testing.pumping import pump
from plugins.crm.models import Appointment, Lead, Reminder, Task
from plugins.crm.services import reminding
from plugins.crm.tests.agenda import member_of, new_appointment, new_lead
from tests.mail_house import Post, by_platform, texts

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def place(house):
    tenant = house.new_tenant()
    return tenant, member_of(house, tenant)


def speak(house, tenant, role, locale, timezone):
    """Let a person choose a language and a clock."""
    account = house.people[tenant.slug, role].id
    with house.app.app_context(), platform_session("a test chooses a language") as session:
        session.execute(
            text("UPDATE account SET locale = :locale, timezone = :zone WHERE id = :id"),
            {"locale": locale, "zone": timezone, "id": account},
        )


def remind(app, house, tenant, job="crm.remind"):
    with house.inside(tenant) as session:
        enqueue(job)
        session.commit()
    run_due(app)
    with house.inside(tenant) as session:
        failed = session.execute(
            text("SELECT last_error FROM job WHERE name LIKE 'crm.%' AND last_error IS NOT NULL")
        ).all()
    assert failed == []


def told(house, tenant, member=None):
    with house.inside(tenant) as session:
        found = select(Notification.title).order_by(Notification.id)
        return list(session.scalars(found.where(Notification.member_id == member) if member else found))


def test_what_is_due_is_told_once_to_its_owner(app, house, place):
    tenant, agent = place
    manager = member_of(house, tenant, "manager")
    new_lead(house, tenant, agent, title="due", next_follow_up_at=utcnow() - MINUTE)
    new_lead(house, tenant, agent, title="not yet", next_follow_up_at=utcnow() + HOUR)
    new_lead(house, tenant, agent, title="long ago", next_follow_up_at=utcnow() - 2 * DAY)
    new_lead(house, tenant, None, title="nobody's", next_follow_up_at=utcnow() - MINUTE)
    new_lead(house, tenant, agent, title="won", next_follow_up_at=utcnow() - MINUTE, stage="won")
    house.add(
        Task(title="write", state="open", due_at=utcnow() - MINUTE, assignee_id=manager),
        Task(title="done", state="done", due_at=utcnow() - MINUTE, assignee_id=manager),
        tenant=tenant,
    )
    for _time in range(3):
        remind(app, house, tenant)
    assert told(house, tenant, agent) == ["Follow up: due"]
    assert told(house, tenant, manager) == ["Task due: write"]


def test_put_off_it_is_told_again_at_its_new_time(app, house, place):
    tenant, agent = place
    lead_id = new_lead(house, tenant, agent, title="due", next_follow_up_at=utcnow() - HOUR)
    remind(app, house, tenant)
    with house.inside(tenant) as session:
        session.get(Lead, lead_id).next_follow_up_at = utcnow() + HOUR
        session.commit()
    remind(app, house, tenant)
    assert len(told(house, tenant)) == 1
    with house.inside(tenant) as session:
        session.get(Lead, lead_id).next_follow_up_at = utcnow() - MINUTE
        session.commit()
    remind(app, house, tenant)
    assert len(told(house, tenant)) == 2


def test_given_to_somebody_else_that_person_is_reminded(app, house, place):
    tenant, agent = place
    manager = member_of(house, tenant, "manager")
    lead_id = new_lead(house, tenant, agent, title="due", next_follow_up_at=utcnow() - HOUR)
    remind(app, house, tenant)
    with house.inside(tenant) as session:
        session.get(Lead, lead_id).assigned_to_id = manager
        session.commit()
    remind(app, house, tenant)
    assert (len(told(house, tenant, agent)), len(told(house, tenant, manager))) == (1, 1)


def test_appointments_remind_as_long_before_as_was_chosen(app, house, place):
    tenant, agent = place
    lead_id = new_lead(house, tenant, agent)
    for at, reminders in ((20 * MINUTE, "30"), (2 * HOUR, "60"), (3 * HOUR, "1440 30"), (5 * HOUR, "none")):
        new_appointment(house, tenant, lead_id, agent, utcnow() + at, 10, reminders=reminders)
    for _time in range(2):
        remind(app, house, tenant)
    assert len(told(house, tenant, agent)) == 2, "the one in 20 minutes, and a day's notice of the one in three hours"
    with house.inside(tenant) as session:
        row = session.scalars(select(Appointment).where(Appointment.reminders == "1440 30")).one()
        row.scheduled_at, row.ends_at = utcnow() + 30 * MINUTE, utcnow() + 40 * MINUTE
        session.commit()
    remind(app, house, tenant)
    assert len(told(house, tenant, agent)) == 3


def test_it_is_told_in_the_language_and_on_the_clock_of_its_reader(app, house, place):
    tenant, agent = place
    manager = member_of(house, tenant, "manager")
    speak(house, tenant, "agent", "ar", "Asia/Riyadh")
    speak(house, tenant, "manager", "en", "America/New_York")
    lead_id = new_lead(house, tenant, agent)
    soon = utcnow() + 20 * MINUTE
    for member in (agent, manager):
        new_appointment(house, tenant, lead_id, member, soon, 10, reminders="30")
    new_lead(house, tenant, agent, title="صفقة", next_follow_up_at=utcnow() - MINUTE)
    remind(app, house, tenant)
    assert f"{soon.astimezone(ZoneInfo('America/New_York')):%-I:%M %p}: Talk" in told(house, tenant, manager)[0]
    follow_up, talk = sorted(told(house, tenant, agent), key=lambda title: "Talk" in title)
    assert follow_up == "متابعة: صفقة"
    assert "Talk" in talk


def test_it_reaches_the_mailbox(app, house, place, monkeypatch):
    tenant, agent = place
    post = Post()
    by_platform(app, monkeypatch, post)
    try:
        new_lead(house, tenant, agent, title="due", next_follow_up_at=utcnow() - MINUTE)
        remind(app, house, tenant)
        pump(app)
    finally:
        post.stop()
    address = house.people[tenant.slug, "agent"].email
    [mail] = [mail for mail in post.mails if mail["To"].addresses[0].addr_spec == address]
    assert mail["Subject"] == "Follow up: due"
    assert "Follow up: due" in texts(mail)[0]


def test_of_many_who_remind_at_once_one_does(app, house, place):
    tenant, agent = place
    for number in range(20):
        new_lead(house, tenant, agent, title=f"due {number}", next_follow_up_at=utcnow() - MINUTE)
    barrier = threading.Barrier(8)

    class Run:
        def check(self):
            """Nobody asks for an end."""

    def work(_number):
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            db.session.connection()
            barrier.wait(30)
            given = reminding.remind(Run())
            db.session.commit()
            return given

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 20
    assert len(told(house, tenant)) == len(set(told(house, tenant))) == 20


def test_a_job_that_breaks_off_has_told_nothing_and_the_next_one_tells(app, house, place, monkeypatch):
    tenant, agent = place
    new_lead(house, tenant, agent, title="due", next_follow_up_at=utcnow() - MINUTE)

    class Run:
        def check(self):
            """Nobody asks for an end."""

    with house.inside(tenant) as session:
        assert reminding.remind(Run()) == 1
        session.rollback()
    assert told(house, tenant) == []
    remind(app, house, tenant)
    assert told(house, tenant) == ["Follow up: due"]


def test_owners_hear_of_leads_that_were_left_alone(app, house, place):
    tenant, agent = place
    old = utcnow() - 15 * DAY
    for number in range(3):
        new_lead(house, tenant, agent, title=f"left {number}", last_activity_at=old)
    new_lead(house, tenant, agent, title="fresh", last_activity_at=utcnow() - 13 * DAY)
    new_lead(house, tenant, agent, title="planned", last_activity_at=old, next_follow_up_at=utcnow() + DAY)
    new_lead(house, tenant, agent, title="won", last_activity_at=old, stage="won")
    for _time in range(2):
        remind(app, house, tenant, "crm.stale_alert")
    assert told(house, tenant) == ["Leads without activity: 3"]
    with house.inside(tenant) as session:
        session.scalars(select(Lead).where(Lead.title == "left 0")).one().last_activity_at = (
            utcnow() - 14 * DAY - MINUTE
        )
        session.commit()
    remind(app, house, tenant, "crm.stale_alert")
    assert told(house, tenant) == ["Leads without activity: 3", "Leads without activity: 1"]


def test_stages_say_how_long(app, house, place):
    tenant, agent = place
    new_lead(house, tenant, agent, title="left", last_activity_at=utcnow() - 15 * DAY)
    with house.inside(tenant) as session:
        session.execute(text("UPDATE crm.stage SET stale_days = NULL"), execution_options={"tenantry_is_told": True})
        session.commit()
    remind(app, house, tenant, "crm.stale_alert")
    assert told(house, tenant) == []


def test_old_reminders_are_forgotten(app, house, place):
    tenant, agent = place
    house.add(
        Reminder(
            member_id=agent, about="task", target_id=agent, for_at=utcnow(), created_at=datetime(2020, 1, 1, tzinfo=UTC)
        ),
        Reminder(member_id=agent, about="task", target_id=tenant.id, for_at=utcnow()),
        tenant=tenant,
    )
    remind(app, house, tenant, "crm.purge_reminders")
    with house.inside(tenant) as session:
        assert len(list(session.scalars(select(Reminder)))) == 1
