"""Appointments as the invited see them: on their clock, reminded once, told of another try when that is wanted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.installation.settings import save_settings
from app.sdk import Contact, utcnow
from app.testing.pumping import pump
from plugins.crm.models import Appointment, Lead
from plugins.crm.tests.agenda import LATER, member_of, new_appointment, new_lead
from plugins.crm.tests.test_ics import NORA, calendar_in
from plugins.crm.tests.test_reminders import HOUR, LONG_AGO, MINUTE, remind, speak, told
from plugins.crm.tests.test_today import titles
from tests.mail_house import Post, by_platform, texts


@pytest.fixture
def place(house):
    tenant = house.new_tenant(timezone="Asia/Riyadh")
    agent = member_of(house, tenant)
    return tenant, agent, new_lead(house, tenant, agent, email=NORA)


@pytest.fixture
def post(app, monkeypatch):
    server = Post()
    by_platform(app, monkeypatch, server)
    pump(app)  # what other tests left waiting
    server.mails.clear()
    yield server
    server.stop()


def live_in(house, tenant, lead, zone):
    with house.inside(tenant) as session:
        session.get(Contact, session.get(Lead, lead).contact_id).timezone = zone
        session.commit()


def book(house, tenant, lead, agent, role="agent", **values):
    sent = {"lead": str(lead), "assignee": str(agent), "scheduled_at": LATER.isoformat(), "title": "Talk", **values}
    answer = house.api(role, tenant).post("/crm/appointment", json=sent)
    assert answer.status_code == 201, answer.text
    return answer.json


def wish(house, tenant, **values):
    with house.inside(tenant) as session:
        save_settings("crm", values)
        session.commit()


# Clocks ---------------------------------------------------------------------------------------------------------------


def test_the_clock_is_the_contact_s_or_else_the_tenant_s(house, place):
    tenant, agent, lead = place
    speak(house, tenant, "owner", "en", "America/New_York")
    assert book(house, tenant, lead, agent, "owner")["timezone"] == "Asia/Riyadh", "not that of whoever books"
    live_in(house, tenant, lead, "Europe/Berlin")
    later = (LATER + HOUR).isoformat()
    assert book(house, tenant, lead, agent, "owner", scheduled_at=later)["timezone"] == "Europe/Berlin"
    chosen = book(
        house, tenant, lead, agent, "owner", scheduled_at=(LATER + 2 * HOUR).isoformat(), timezone="Asia/Tokyo"
    )
    assert chosen["timezone"] == "Asia/Tokyo"
    answer = house.api("owner", tenant).post(f"/crm/lead/{lead}/actions/book", json={})
    assert answer.status_code == 200, answer.text
    with house.inside(tenant) as session:
        last = session.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
        assert last.timezone == "Europe/Berlin"


def test_both_clocks_stand_on_the_page_in_the_mail_and_in_the_calendar(app, house, place, post):
    tenant, agent, lead = place
    live_in(house, tenant, lead, "Europe/Berlin")
    made = book(house, tenant, lead, agent)
    pump(app)
    [mail] = post.mails
    there, here = "10:00\u202fAM (Europe/Berlin)", "12:00\u202fPM (Asia/Riyadh)"
    assert there in texts(mail)[0]
    assert here in texts(mail)[0]
    [event] = calendar_in(mail)[0].walk("VEVENT")
    assert there in event["DESCRIPTION"]
    assert here in event["DESCRIPTION"]
    assert event["DTSTART"].dt == LATER
    page = house.browser("agent", tenant).go(f"/crm/appointment/{made['id']}/related/crm__clocks")
    assert there in page.text
    assert here in page.text


def test_where_both_have_one_clock_it_stands_there_once(app, house, place, post):
    tenant, agent, lead = place
    book(house, tenant, lead, agent)
    pump(app)
    assert texts(post.mails[0])[0].count("12:00") == 1


# Reminders ------------------------------------------------------------------------------------------------------------


def reminders(post):
    return [mail for mail in post.mails if mail["Subject"].startswith("Reminder")]


def test_who_was_invited_is_reminded_once_and_their_calendar_stays(app, house, place, post):
    tenant, agent, lead = place
    soon = utcnow() + 23 * HOUR
    new_appointment(house, tenant, lead, agent, soon, created_at=LONG_AGO)
    new_appointment(house, tenant, lead, agent, soon + HOUR / 2, created_at=LONG_AGO, invites=False)
    new_appointment(house, tenant, lead, agent, utcnow() + 2 * HOUR)
    new_appointment(house, tenant, lead, agent, utcnow() + 25 * HOUR, created_at=LONG_AGO)
    new_appointment(house, tenant, lead, agent, utcnow() + 5 * HOUR, created_at=LONG_AGO, reminders="none")
    new_appointment(house, tenant, lead, agent, utcnow() + 6 * HOUR, created_at=LONG_AGO, status="cancelled")
    for _time in range(3):
        remind(app, house, tenant)
    pump(app)
    [mail] = reminders(post)
    assert mail["To"].addresses[0].addr_spec == NORA
    assert mail["Subject"] == "Reminder: Talk"
    assert list(mail.iter_attachments()) == []
    with house.inside(tenant) as session:
        row = session.scalars(select(Appointment).where(Appointment.scheduled_at == soon)).one()
        row.scheduled_at, row.ends_at = soon - 3 * HOUR, soon - 2 * HOUR
        session.commit()
    for _time in range(2):
        remind(app, house, tenant)
    pump(app)
    assert len(reminders(post)) == 2, "moved, it is another time to be reminded of"


def test_how_long_before_is_the_tenant_s_choice(app, house, place, post):
    tenant, agent, lead = place
    new_appointment(house, tenant, lead, agent, utcnow() + 23 * HOUR, created_at=LONG_AGO)
    wish(house, tenant, guest_reminder_hours=0)
    remind(app, house, tenant)
    pump(app)
    assert reminders(post) == []
    wish(house, tenant, guest_reminder_hours=2)
    remind(app, house, tenant)
    pump(app)
    assert reminders(post) == []
    wish(house, tenant, guest_reminder_hours=48)
    remind(app, house, tenant)
    pump(app)
    assert len(reminders(post)) == 1


# Of a lead in the trash -----------------------------------------------------------------------------------------------


def test_appointments_of_a_lead_in_the_trash_tell_nobody_until_it_is_back(app, house, place, post):
    tenant, agent, lead = place
    api = house.api("owner", tenant)
    made = book(house, tenant, lead, agent)
    pump(app)
    post.mails.clear()
    new_appointment(house, tenant, lead, agent, utcnow() + 5 * MINUTE, created_at=LONG_AGO)
    assert api.delete(f"/crm/lead/{lead}").status_code == 204
    moved = {"scheduled_at": (LATER + HOUR).isoformat()}
    assert api.patch(f"/crm/appointment/{made['id']}", moved).status_code == 200
    before = told(house, tenant)
    remind(app, house, tenant)
    pump(app)
    assert post.mails == []
    assert told(house, tenant) == before
    assert titles(house.browser("agent", tenant).go("/crm/today/")) == []
    assert api.post(f"/crm/lead/{lead}/restore").status_code == 200
    remind(app, house, tenant)
    pump(app)
    assert NORA in {mail["To"].addresses[0].addr_spec for mail in reminders(post)}
    assert any("Talk" in title for title in told(house, tenant)), "and whoever keeps it"


def test_a_lead_deleted_for_good_takes_its_appointments_along(app, house, place, post):
    tenant, agent, lead = place
    book(house, tenant, lead, agent)
    pump(app)
    with house.inside(tenant) as session:
        session.delete(session.get(Lead, lead))
        session.commit()
    pump(app)
    assert tries(house, tenant) == []
    assert [mail["Subject"] for mail in post.mails] == ["Invitation: Talk"]


# Colleagues, and whether anybody is invited ---------------------------------------------------------------------------


def test_a_colleague_for_whom_somebody_books_has_it_in_their_calendar(app, house, place, post):
    tenant, agent, lead = place
    address = house.people[tenant.slug, "agent"].email
    made = book(house, tenant, lead, agent, "owner")
    house.api("owner", tenant).post(f"/crm/appointment/{made['id']}/actions/cancel", json={})
    pump(app)
    theirs = [mail for mail in post.mails if mail["To"].addresses[0].addr_spec == address]
    calendars = [calendar_in(mail) for mail in theirs if list(mail.iter_attachments())]
    events = [calendar.walk("VEVENT")[0] for calendar, _method in calendars]
    assert {method for _calendar, method in calendars} == {"PUBLISH"}, "nobody asks them whether they come"
    assert {str(event["UID"]) for event in events} == {f"{made['id']}@localhost"}
    assert str(events[-1]["STATUS"]) == "CANCELLED"
    assert str(events[-1]["ATTENDEE"]) == f"mailto:{NORA}"


def test_what_they_book_themselves_is_not_sent_to_them(app, house, place, post):
    tenant, agent, lead = place
    book(house, tenant, lead, agent)
    pump(app)
    assert {mail["To"].addresses[0].addr_spec for mail in post.mails} == {NORA}


@pytest.mark.parametrize(("sent", "mails"), [({}, 1), ({"invites": True}, 1), ({"invites": False}, 0)])
def test_inviting_is_a_choice_when_booking(app, house, place, post, sent, mails):
    tenant, _agent, lead = place
    answer = house.api("agent", tenant).post(f"/crm/lead/{lead}/actions/book", json=sent)
    assert answer.status_code == 200, answer.text
    pump(app)
    assert len(post.mails) == mails
    page = house.browser("agent", tenant).send(f"/crm/lead/actions/book?id={lead}")
    assert 'name="invites"' in page.text


# Another try ----------------------------------------------------------------------------------------------------------


def tries(house, tenant):
    with house.inside(tenant) as session:
        return list(session.scalars(select(Appointment).order_by(Appointment.retry_count)))


def test_another_try_writes_to_nobody(app, house, place, post):
    tenant, agent, lead = place
    first = book(house, tenant, lead, agent)
    pump(app)
    house.api("agent", tenant).post(f"/crm/appointment/{first['id']}/actions/no_answer")
    pump(app)
    assert [mail["Subject"] for mail in post.mails] == ["Invitation: Talk"]
    assert [row.invites for row in tries(house, tenant)] == [True, False]


def test_an_invitation_that_is_wanted_moves_the_first_one(app, house, place, post):
    tenant, agent, lead = place
    first = book(house, tenant, lead, agent)
    pump(app)
    api = house.api("agent", tenant)
    api.post(f"/crm/appointment/{first['id']}/actions/no_answer")
    again = tries(house, tenant)[1]
    assert api.patch(f"/crm/appointment/{again.id}", {"invites": True}).status_code == 200
    pump(app)
    events = [calendar_in(mail)[0].walk("VEVENT")[0] for mail in post.mails]
    assert [mail["Subject"] for mail in post.mails] == ["Invitation: Talk", "Changed: Talk"]
    assert {str(event["UID"]) for event in events} == {f"{first['id']}@localhost"}
    assert [event["SEQUENCE"] for event in events] == [0, 1]


def test_tries_pause_and_telling_are_the_tenant_s_choice(app, house, place, post):
    tenant, agent, lead = place
    wish(house, tenant, most_tries=2, pause_minutes=30, retry_invites=True)
    api = house.api("agent", tenant)
    first = book(house, tenant, lead, agent)
    pump(app)
    api.post(f"/crm/appointment/{first['id']}/actions/no_answer")
    pump(app)
    rows = tries(house, tenant)
    assert rows[1].scheduled_at - rows[0].scheduled_at == 30 * MINUTE
    answer = api.post(f"/crm/appointment/{rows[1].id}/actions/no_answer")
    assert "answered 2 times: no further try" in answer.json["message"]
    pump(app)
    assert [mail["Subject"] for mail in post.mails] == ["Invitation: Talk", "Changed: Talk"]


def test_admins_find_a_form_of_what_can_be_chosen(house, place):
    tenant, _agent, _lead = place
    page = house.browser("owner", tenant).go("/console/plugins/crm")
    for words in ("Tries after no answer", "Minutes between two tries", "Hours before which contacts are reminded"):
        assert words in page.text
