"""Calendars: what is written can be read by others, and says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.data import utcnow
from app.messaging.models import Notification
from app.sdk import Member
from app.tenancy.models import TenantPlugin
from app.testing.pumping import pump
from plugins.crm.models import Appointment, CalendarFeed, Task
from plugins.crm.services import ics
from plugins.crm.tests.agenda import LATER, member_of, new_appointment, new_lead
from tests.mail_house import Post, by_platform, texts

NORA = "nora@example.com"


@pytest.fixture
def place(house):
    tenant = house.new_tenant(timezone="Europe/Berlin")
    agent = member_of(house, tenant)
    return tenant, agent, new_lead(house, tenant, agent, email=NORA)


def meeting(starts, **more):
    return ics.Meeting("1@x", 2, utcnow(), starts, starts + timedelta(hours=1), "Talk; with, نورا\nnext", **more)


def test_an_invitation_is_sound():
    sent = meeting(
        LATER, notes="a\nb", location="Room, 1", organizer=ics.Person('Sara "S", A', "sara@acme.example"),
        attendees=(ics.Person("نورا", NORA),),
    )  # fmt: skip
    raw = ics.message(sent, "REQUEST")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    calendar = Calendar.from_ical(raw)
    [event] = calendar.walk("VEVENT")
    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == ("1@x", 2, "CONFIRMED")
    assert event["SUMMARY"] == "Talk; with, نورا\nnext"
    assert event["DTSTART"].dt == LATER
    assert str(event["ATTENDEE"]) == f"mailto:{NORA}"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert "DTSTAMP" in event


def test_a_cancellation_says_so():
    event = Calendar.from_ical(ics.message(meeting(LATER, is_cancelled=True), "CANCEL")).walk("VEVENT")[0]
    assert str(event["STATUS"]) == "CANCELLED"


@pytest.mark.parametrize(
    "starts",
    [
        datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
        datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    ],
)
def test_around_the_jumps_of_the_clock_the_moment_stays_the_same(starts):
    event = Calendar.from_ical(ics.message(meeting(starts), "REQUEST")).walk("VEVENT")[0]
    assert event["DTSTART"].dt.astimezone(UTC) == starts.astimezone(UTC)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=1)


@pytest.fixture
def post(app, monkeypatch):
    server = Post()
    by_platform(app, monkeypatch, server)
    pump(app)  # what other tests left waiting
    server.mails.clear()
    yield server
    server.stop()


def calendar_in(mail):
    [part] = list(mail.iter_attachments())
    assert part.get_content_type() == "text/calendar"
    return Calendar.from_ical(part.get_content()), part.get_param("method")


def test_the_contact_hears_of_an_appointment_and_of_all_that_becomes_of_it(app, house, place, post):
    tenant, agent, lead_id = place
    api = house.api("agent", tenant)
    made = api.post(
        "/crm/appointment",
        json={"lead": str(lead_id), "assignee": str(agent), "scheduled_at": LATER.isoformat(), "title": "Talk"},
    )
    assert made.status_code == 201, made.text
    with house.inside(tenant) as session:
        key = session.scalars(select(Appointment.id)).one()
    pump(app)
    row = f"/crm/appointment/{key}"
    for method, path, change in (
        ("POST", f"{row}/actions/move", {"scheduled_at": (LATER + timedelta(hours=2)).isoformat()}),
        ("PATCH", row, {"notes": "only for us"}),
        ("PATCH", row, {"location": "Room 5"}),
        ("POST", f"{row}/actions/cancel", {"reason": "We are ill"}),
    ):
        answer = api(method, path, json=change)
        assert answer.status_code == 200, answer.text
        pump(app)
    assert [mail["Subject"] for mail in post.mails] == [
        "Invitation: Talk", "Changed: Talk", "Changed: Talk", "Cancelled: Talk",
    ]  # fmt: skip
    assert {mail["To"].addresses[0].addr_spec for mail in post.mails} == {NORA}
    found = [calendar_in(mail) for mail in post.mails]
    events = [calendar.walk("VEVENT")[0] for calendar, _method in found]
    assert [method for _calendar, method in found] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2, 3]
    assert {str(event["UID"]) for event in events} == {f"{key}@localhost"}
    assert [event["DTSTART"].dt.hour for event in events] == [9, 11, 11, 11]
    assert "10:00\u202fAM (Europe/Berlin)" in texts(post.mails[0])[0], "the text is on the contact's clock"
    assert "We are ill" in texts(post.mails[3])[0]


def test_nobody_is_written_to_who_should_not_be(app, house, place, post):
    tenant, agent, lead_id = place
    without = new_lead(house, tenant, agent, title="no address")
    new_appointment(house, tenant, without, agent)
    new_appointment(house, tenant, lead_id, agent, LATER + timedelta(hours=3), invites=False)
    new_appointment(house, tenant, lead_id, agent, utcnow() - timedelta(days=1))
    pump(app)
    assert post.mails == []


def test_the_language_is_the_contact_s(app, house, place, post):
    tenant, agent, _lead_id = place
    lead_id = new_lead(house, tenant, agent, email="nour@example.com", locale="ar-SA")
    new_appointment(house, tenant, lead_id, agent)
    pump(app)
    [mail] = post.mails
    assert mail["Subject"] == "دعوة: Talk"


def test_colleagues_hear_of_what_others_book_for_them(app, house, place):
    tenant, agent, lead_id = place
    values = {"lead": str(lead_id), "assignee": str(agent), "title": "Talk"}
    for role, begins in (("owner", LATER), ("agent", LATER + timedelta(hours=1))):
        made = house.api(role, tenant).post("/crm/appointment", json={**values, "scheduled_at": begins.isoformat()})
        assert made.status_code == 201, made.text
    pump(app)
    ours = select(Notification.title).where(Notification.kind == "crm.appointment_changed")
    with house.inside(tenant) as session:
        assert list(session.scalars(ours)) == ["Wed, Mar 5, 10:00 AM: Talk"], "on their clock, and not of what they did"
        key = session.scalars(select(Appointment.id).where(Appointment.scheduled_at == LATER)).one()
    house.api("owner", tenant).post(f"/crm/appointment/{key}/actions/cancel", json={})
    pump(app)
    with house.inside(tenant) as session:
        assert min(session.scalars(ours)) == "Cancelled: Talk"


# The feed -----------------------------------------------------------------------------------------------------------


def address_of(house, tenant, role="agent"):
    page = house.browser(role, tenant).send("/crm/calendar-feed/", {"do": "make"})
    assert page.status_code == 200
    return page.text.partition('value="http://localhost')[2].partition('"')[0]


def test_a_calendar_program_reads_one_person_s_agenda(app, house, place):
    tenant, agent, lead_id = place
    new_appointment(house, tenant, lead_id, agent, utcnow() + timedelta(days=2))
    new_appointment(house, tenant, lead_id, member_of(house, tenant, "manager"), utcnow() + timedelta(days=2))
    new_lead(house, tenant, agent, title="follow me", next_follow_up_at=utcnow() + timedelta(days=1))
    house.add(Task(title="write", state="open", due_at=utcnow() + timedelta(days=1), assignee_id=agent), tenant=tenant)
    answer = app.test_client().get(address_of(house, tenant))
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    assert [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")] == ["Talk"]
    assert sorted(str(one["SUMMARY"]) for one in calendar.walk("VTODO")) == ["Follow up: follow me", "write"]


def test_an_address_ends_when_it_is_taken_back_or_made_anew(app, house, place):
    tenant, _agent, _lead_id = place
    client = app.test_client()
    first = address_of(house, tenant)
    second = address_of(house, tenant)
    assert first != second
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    house.browser("agent", tenant).send("/crm/calendar-feed/", {"do": "revoke"})
    assert client.get(second).status_code == 404
    assert client.get(second.replace(tenant.slug, "globex")).status_code == 404
    for key in ("", "x" * 43, "%00", "%F0%9F%98%80"):
        assert client.get(f"/t/{tenant.slug}/crm/public/calendar.ics?key={key}").status_code == 404


def test_the_key_is_not_kept(house, place):
    tenant, _agent, _lead_id = place
    key = address_of(house, tenant).partition("key=")[2]
    assert len(key) >= 43
    with house.inside(tenant) as session:
        stored = session.scalars(select(CalendarFeed).where(CalendarFeed.revoked_at.is_(None))).one()
        assert key not in stored.key_hash


def test_who_has_left_or_whose_tenant_switched_the_plugin_off_reads_nothing(app, house, place):
    tenant, agent, _lead_id = place
    address = address_of(house, tenant)
    client = app.test_client()
    assert client.get(address).status_code == 200
    with house.inside(tenant) as session:
        session.get(Member, agent).left_at = utcnow()
        session.commit()
    assert client.get(address).status_code == 404
    with house.inside(tenant) as session:
        session.get(Member, agent).left_at = None
        session.commit()
    assert client.get(address).status_code == 200
    with house.inside(tenant) as session:
        session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key == "crm")).one().state = "off"
        session.commit()
    assert client.get(address).status_code == 404


def test_the_calendar_shows_what_its_person_reaches_today(app, house, place):
    """What no screen shows them is not in their calendar program either."""
    tenant, agent, lead_id = place
    theirs = new_lead(house, tenant, member_of(house, tenant, "manager"), title="of the manager")
    new_appointment(house, tenant, lead_id, agent, utcnow() + timedelta(days=2))
    new_appointment(house, tenant, theirs, agent, utcnow() + timedelta(days=3))
    new_lead(house, tenant, agent, title="follow me", next_follow_up_at=utcnow() + timedelta(days=1))
    address, client = address_of(house, tenant), app.test_client()

    def shown():
        calendar = Calendar.from_ical(client.get(address).data)
        return [str(one["SUMMARY"]) for one in (*calendar.walk("VEVENT"), *calendar.walk("VTODO"))]

    listed = house.api("agent", tenant).get("/crm/appointment").json["data"]
    assert shown() == [*(row["title"] for row in listed), "Follow up: follow me"]
    assert len(listed) == 1, "the other one is about a lead out of reach"
