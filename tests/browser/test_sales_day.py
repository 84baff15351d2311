"""A day of a sales team in a real browser, from the first answer to a form until the lead is won; in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.data import utcnow
from app.jobs import enqueue
from app.messaging.models import Notification
from app.tenancy.models import Membership
from app.testing.pumping import discard_pending, pump
from plugins.crm.models import Activity, Appointment, CaptureForm, Lead, Task
from plugins.crm.services.capture import guard
from plugins.crm.tests.agenda import member_of
from plugins.crm.tests.capture.questions import question
from tests.browser import sales_day as day
from tests.imap_house import ImapHouse
from tests.mail_house import Post, by_platform, texts
from tests.test_mailboxes import connect, let_go

ASKED = (
    ("Name", "contact.name", "text"),
    ("Email", "contact.email", "email"),
    ("Message", "lead.description", "long_text"),
)


@pytest.fixture(params=["en", "ar"])
def tenant(request, house):
    return house.new_tenant(locale=request.param, country="SA", timezone="UTC")


@pytest.fixture
def form(house, tenant, monkeypatch):
    """A public form of the tenant: the end of its address."""
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 0)
    asked = [question(label, target, kind, position=at) for at, (label, target, kind) in enumerate(ASKED)]
    house.add(CaptureForm(name="Website", key=f"web-{tenant.slug}", questions=asked, source="web"), tenant=tenant)
    return f"crm/public/form/web-{tenant.slug}"


@pytest.fixture
def post(app, monkeypatch):
    """The house's mail server."""
    discard_pending(app)
    server = Post()
    by_platform(app, monkeypatch, server)
    yield server
    server.stop()


@pytest.fixture
def outbox(app, house, tenant, post, monkeypatch):
    """The server by which the agent's own mailbox sends."""
    server, imap = Post(auth=True), ImapHouse()
    ports = {"outbound_networks": ("127.0.0.0/8",), "outbound_ports": (imap.port, server.port)}
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], **ports))
    connect(house, tenant, imap, server)
    yield server
    imap.stop()
    server.stop()


class Office:
    """What happens behind the pages: jobs run, time passes, and rows are looked at."""

    def __init__(self, app, house, tenant):
        self.app, self.house, self.tenant = app, house, tenant

    def name_of(self, role):
        with self.house.inside(self.tenant) as session:
            uid = self.house.people[self.tenant.slug, role].uid
            return session.scalar(select(Membership.name).where(Membership.account_uid == uid))

    def all_of(self, model):
        with self.house.inside(self.tenant) as session:
            found = session.scalars(select(model).order_by(model.id)).all()
            session.expunge_all()
        return found

    def stands_in(self, stage):
        with self.house.inside(self.tenant) as session:
            assert session.scalars(select(Lead)).one().stage.key == stage

    def time_comes(self, model, **moments):
        """What was put off to a later hour is due now, and the job that reminds has its minute."""
        with self.house.inside(self.tenant) as session:
            for row in session.scalars(select(model)):
                for name, moment in moments.items():
                    setattr(row, name, moment)
            enqueue("crm.remind")
            session.commit()
        pump(self.app)


@pytest.fixture
def office(app, house, tenant):
    return Office(app, house, tenant)


def typed(moment):
    """As a field for a moment takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M")


def test_from_a_form_on_the_web_to_a_deal_that_is_won(open_browser, app, tenant, form, post, outbox, office, tmp_path):
    tomorrow = (utcnow() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    day.visitor_asks(open_browser(None, tenant), form)
    pump(app)
    owner = open_browser("owner", tenant)
    address = day.hand_over(owner, office.name_of("agent"))
    pump(app)

    agent = open_browser("agent", tenant)
    day.is_told(agent, "Noura Al Harbi")
    agent.goto(address)
    day.call(agent, follow_up=typed(tomorrow))
    [lead], [call] = office.all_of(Lead), office.all_of(Activity)
    assert (lead.next_follow_up_at, call.kind, call.lead_id) == (tomorrow, "call", lead.id)
    day.write_to(agent, office.name_of("owner"))
    day.add_task(agent, "Work out an offer", due=typed(tomorrow))

    _the_next_morning_reminds(agent, office, post)
    _an_offer_goes_out(agent, office, outbox, address, tmp_path)
    _a_meeting_is_held(agent, office, post, address)
    day.move_by_keyboard(agent, ("qualified", "proposal"), office.stands_in)
    agent.goto(address)
    day.act(agent, "win")
    day.expect(agent.locator('form[action*="/actions/win?"]')).to_have_count(0)
    pump(app)

    [lead] = office.all_of(Lead)
    assert lead.won_at is not None
    assert lead.last_activity_at is not None
    day.see_how_it_went(
        owner, address, ("may I give five per cent?", "Wants an offer this week.", "Our offer", "offer.txt")
    )
    owner.goto("messaging/notifications")
    day.expect(day.main(owner)).to_contain_text("may I give five per cent?")


def _the_next_morning_reminds(agent, office, post):
    """In the application and by mail, of the follow-up and of the task; the queue of today holds both."""
    before = len(post.mails)
    office.time_comes(Lead, next_follow_up_at=utcnow() - timedelta(minutes=1))
    office.time_comes(Task, due_at=utcnow() - timedelta(minutes=1))
    me = member_of(office.house, office.tenant)
    told = [one.title for one in office.all_of(Notification) if one.member_id == me]
    assert sum("Noura Al Harbi" in title for title in told) >= 2, "the lead is theirs, and is to be followed up"
    assert any("Work out an offer" in title for title in told)
    reminders = [str(mail["Subject"]) for mail in post.mails[before:]]
    assert any("Noura Al Harbi" in subject for subject in reminders)
    day.is_told(agent, "Work out an offer")
    day.work_off_today(agent, ("Noura Al Harbi", "Work out an offer"))
    [task], [lead] = office.all_of(Task), office.all_of(Lead)
    assert (task.state, lead.next_follow_up_at) == ("done", None)


def _an_offer_goes_out(agent, office, outbox, address, folder):
    offer = folder / "offer.txt"
    offer.write_text("Twenty vehicles, ten per cent off.")
    agent.goto(address)
    day.add_file(agent, offer)
    agent.goto(address)
    day.write_mail(agent, "Our offer", "Twenty vehicles, ten per cent off.")
    let_go(office.app, office.house, office.tenant)
    [mail] = outbox.mails
    assert mail["Subject"] == "Our offer"
    assert "noura@example.com" in str(mail["To"])
    assert "ten per cent off" in texts(mail)[0]


def _a_meeting_is_held(agent, office, post, address):
    """Booked for a time; the customer has an invitation that a calendar understands; it takes place."""
    begins = (utcnow() + timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)
    agent.goto(address)
    day.book(agent, typed(begins))
    pump(office.app)
    [booked], [lead] = office.all_of(Appointment), office.all_of(Lead)
    assert (booked.lead_id, booked.scheduled_at, booked.status) == (lead.id, begins, "scheduled")
    [invitation] = [
        part for mail in post.mails for part in mail.walk()
        if "noura@example.com" in str(mail["To"]) and part.get_content_type() == "text/calendar"
    ]  # fmt: skip
    [event] = Calendar.from_ical(invitation.get_content()).walk("VEVENT")
    assert event["DTSTART"].dt == begins
    agent.goto(f"crm/appointment/{booked.id}")
    day.act(agent, "held")
    agent.locator('[name="notes"]').fill("They take it.")
    day.confirm(agent)
    day.expect(agent.locator('[name="notes"]')).to_have_count(0)
    [held] = office.all_of(Appointment)
    assert held.status == "done"
