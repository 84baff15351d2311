"""Two-way mail by real SMTP and IMAP: written here, answered there, on the timeline once, seen by whom it concerns."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.contacts.models import Contact, ContactChannel
from app.data import utcnow
from app.jobs.enqueue import enqueue
from app.mailboxes import fetching
from app.mailboxes.models import Mail, Mailbox, MailCopy, MailFolder, MailParty, MailThread
from app.messaging.models import Notification, OutboundMessage
from app.tenancy.models import Membership
from app.testing.pumping import discard_pending, hurry, pump
from tests.imap_house import ImapHouse, mail_of
from tests.mail_house import Post, texts

NORA = "nora@customer.example"


@pytest.fixture
def post(app):
    discard_pending(app)
    server = Post(auth=True)
    yield server
    server.stop()


@pytest.fixture
def imap(app, post, monkeypatch):
    server = ImapHouse()
    allowed = {"outbound_networks": ("127.0.0.0/8",), "outbound_ports": (server.port, post.port)}
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], **allowed))
    yield server
    server.stop()


@pytest.fixture
def tenant(house):
    return house.new_tenant(name="Acme Trading")


def contact(house, tenant, address=NORA, name="Nora", **values):
    person = Contact(first_name=name, full_name=name, tags=[], **values)
    person.channels.append(ContactChannel(kind="email", value=address, value_normalised=address, is_primary=True))
    return house.add(person, tenant=tenant)[0]


def connect(house, tenant, imap, post, role="agent", address="sam@acme.example", **more):
    """A mailbox, connected on the page."""
    form = {
        "email": address, "password": "right horse", "host": "127.0.0.1", "port": imap.port, "security": "none",
        "smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_security": "none", "audience": "shared", **more,
    }  # fmt: skip
    answer = house.browser(role, tenant).send("/mailboxes/connect", form)
    assert answer.status_code == 303, answer.text
    return answer.location.rpartition("/")[2]


def fetch(app, house, tenant, key):
    with house.inside(tenant) as session:
        enqueue(fetching.FETCH, key, unique_key=str(key))
        session.commit()
    pump(app)


def compose(house, tenant, about, role="agent", **form):
    browser = house.browser(role, tenant)
    page = browser.go(f"/mailboxes/compose/{about}")
    assert page.status_code == 200, page.text
    box = re.search(r'name="mailbox"[^>]*>.*?<option value="([0-9a-f-]{36})"', page.text, re.S).group(1)
    to = re.search(r'<input[^>]*name="to"[^>]*value="([^"]*)"', page.text)
    data = {"mailbox": box, "to": to.group(1) if to else "", "action": "send", **form}
    return browser.send(f"/mailboxes/compose/{about}", data)


def let_go(app, house, tenant):
    """The seconds pass in which a mail can be taken back."""
    with house.inside(tenant) as session:
        session.execute(update(OutboundMessage).values(not_before=utcnow()))
        session.commit()
    hurry(app)
    pump(app)


def all_of(house, tenant, model, *where):
    with house.inside(tenant) as session:
        found = session.scalars(select(model).where(*where).order_by(model.id)).all()
        session.expunge_all()
        return found


def test_a_mail_goes_out_from_a_contact_and_the_answer_stands_on_the_timeline(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    box = connect(house, tenant, imap, post)
    sent = compose(house, tenant, f"contacts.contact/{nora}", subject="Your order", text="Dear Nora,\n\nhere it is.")
    assert sent.status_code == 303, sent.text
    let_go(app, house, tenant)
    [mail] = post.mails
    assert (mail["To"], mail["Subject"], mail["From"].addresses[0].addr_spec) == (NORA, "Your order", "sam@acme.example")
    assert "here it is" in texts(mail)[0]
    assert len(imap.sent.mails) == 1, "it lies in the sent folder"

    imap.inbox.put(
        mail_of(f"Nora K <{NORA}>", "sam@acme.example", "Re: Your order", "Thank you!\n\n> here it is.",
                In_Reply_To=mail["Message-ID"], References=mail["Message-ID"])
    )  # fmt: skip
    fetch(app, house, tenant, box)
    ours, theirs = all_of(house, tenant, Mail)
    assert (ours.direction, theirs.direction) == ("out", "in")
    assert ours.conversation == theirs.conversation
    timeline = house.browser("agent", tenant).go(f"/contacts/contact/{nora}/timeline").text
    assert timeline.count("Your order") == 2
    assert "Thank you!" in timeline
    assert "Show what it answers" in timeline
    fetch(app, house, tenant, box)
    assert len(all_of(house, tenant, Mail)) == 2, "found again in the sent folder, it is the same"
    [thread] = all_of(house, tenant, MailThread)
    assert (thread.is_unread, thread.is_waiting) == (True, True)
    page = house.browser("agent", tenant).go(f"/mailboxes/threads/{thread.id}")
    assert page.status_code == 200
    assert page.text.count('class="card mail') == 2
    assert not all_of(house, tenant, MailThread)[0].is_unread
    assert "Thank you" in house.browser("agent", tenant).go("/mailboxes/thread/").text
