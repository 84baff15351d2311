"""Two-way mail by real SMTP and IMAP: written here, answered there, on the timeline once, seen by whom it concerns."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select, update

from app.contacts.models import Contact, ContactChannel
from app.data import utcnow
from app.jobs.enqueue import enqueue
from app.mailboxes import fetching
from app.mailboxes.models import Mail, Mailbox, MailCopy, MailFolder, MailParty, MailThread
from app.messaging.models import Notification, OutboundMessage
from app.tenancy.models import Membership
from app.testing.counting import count_statements
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
    box = re.search(r'name="mailbox"[^>]*>.*?<option value="([0-9a-f-]{36})"', page.text, re.DOTALL).group(1)
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
    assert (mail["To"], mail["Subject"], mail["From"].addresses[0].addr_spec) == (
        NORA,
        "Your order",
        "sam@acme.example",
    )
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


def arrive(app, house, tenant, imap, box, *mails):
    for one in mails:
        imap.inbox.put(one)
    fetch(app, house, tenant, box)


def test_who_sees_what(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    box = connect(house, tenant, imap, post, audience="private")
    arrive(app, house, tenant, imap, box, mail_of(NORA, "sam@acme.example", "A secret offer", "not for all"))
    [mail] = all_of(house, tenant, Mail)
    mine, others = house.browser("agent", tenant), house.browser("owner", tenant)
    assert "A secret offer" in mine.go(f"/contacts/contact/{nora}/timeline").text
    assert "secret" not in others.go(f"/contacts/contact/{nora}/timeline").text
    assert others.go(f"/mailboxes/mails/{mail.id}").status_code == 404
    assert others.go(f"/mailboxes/mails/{mail.id}/html").status_code == 404
    assert "secret" not in others.go("/mailboxes/thread/").text
    assert house.api("owner", tenant).get(f"/mailboxes/mail/{mail.id}").status_code == 404
    assert "A secret offer" not in others.go("/search?q=offer").text
    assert house.browser("owner").go(f"/mailboxes/mails/{mail.id}").status_code == 404, "another tenant"
    reply = others.go(f"/mailboxes/compose/reply/{mail.id}")
    assert reply.status_code == 404


def test_shared_mails_follow_the_contact(app, house, tenant, post, imap):
    contact(house, tenant)
    box = connect(house, tenant, imap, post, role="owner", address="sales@acme.example", shared="1")
    arrive(app, house, tenant, imap, box, mail_of(NORA, "sales@acme.example", "A question", "to all of you"))
    [thread] = all_of(house, tenant, MailThread)
    rule = {"role": "agent", "resource": "contacts.contact", "row_scope": "own"}
    assert "A question" in house.browser("agent", tenant).go("/mailboxes/thread/").text
    answer = house.api("owner", tenant).post("/console/access_rule", rule)
    assert answer.status_code == 201, answer.text
    assert "A question" not in house.browser("agent", tenant).go("/mailboxes/thread/").text
    assert house.browser("agent", tenant).go(f"/mailboxes/threads/{thread.id}").status_code == 404
    assert "A question" in house.browser("manager", tenant).go("/mailboxes/thread/").text


def test_only_mails_with_contacts_are_kept(app, house, tenant, post, imap):
    contact(house, tenant)
    with house.inside(tenant) as session:
        colleague = session.scalar(select(Membership.email).where(Membership.email.like("manager%")))
    contact(house, tenant, colleague, "A colleague")
    box = connect(house, tenant, imap, post)
    arrive(
        app, house, tenant, imap, box,
        mail_of("stranger@nowhere.example", "sam@acme.example", "Unknown"),
        mail_of(colleague, "sam@acme.example", "Among ourselves"),
        mail_of("stranger@nowhere.example", f"sam@acme.example, {NORA}", "With a contact"),
    )  # fmt: skip
    assert [one.subject for one in all_of(house, tenant, Mail)] == ["With a contact"]
    asked = [one for one in imap.commands if "BODY.PEEK[]" in one]
    assert len(asked) == 1, "of the others nothing but the head was fetched"


def test_shared_mailboxes_may_make_contacts(app, house, tenant, post, imap):
    box = connect(house, tenant, imap, post, role="owner", address="sales@acme.example", shared="1")
    changed = house.api("owner", tenant).patch(f"/mailboxes/mailbox/{box}", {"makes_contacts": True})
    assert changed.status_code == 200, changed.text
    arrive(app, house, tenant, imap, box, mail_of("Zoe New <zoe@new.example>", "sales@acme.example", "Tea?"))
    [zoe] = all_of(house, tenant, Contact)
    assert (zoe.full_name, zoe.source) == ("Zoe New", "e-mail")
    assert [one.subject for one in all_of(house, tenant, Mail)] == ["Tea?"]


def test_a_mail_in_two_mailboxes_is_one(app, house, tenant, post, imap):
    contact(house, tenant)
    other = ImapHouse()
    allowed = app.config["TENANTRY"]
    app.config["TENANTRY"] = replace(allowed, outbound_ports=(imap.port, post.port, other.port))
    try:
        boxes = [
            connect(house, tenant, imap, post),
            connect(house, tenant, other, post, role="manager", address="max@acme.example"),
        ]
        raw = mail_of(NORA, "sam@acme.example, max@acme.example", "For both")
        for server, box in zip((imap, other), boxes, strict=True):
            arrive(app, house, tenant, server, box, raw)
    finally:
        app.config["TENANTRY"] = allowed
        other.stop()
    assert len(all_of(house, tenant, Mail)) == 1
    assert len(all_of(house, tenant, MailCopy)) == len(all_of(house, tenant, MailThread)) == 2


def test_the_past_is_read_backwards_and_in_steps(app, house, tenant, post, imap, monkeypatch):
    monkeypatch.setattr(fetching, "CHUNK", 3)
    monkeypatch.setattr(fetching, "AT_ONCE", 4)
    contact(house, tenant)
    for number in range(11):
        at = datetime.now(UTC) - timedelta(days=number * 5)
        imap.inbox.put(mail_of(NORA, "sam@acme.example", f"Number {number}", at=at), at)
    box = connect(house, tenant, imap, post)
    pump(app)
    subjects = {one.subject for one in all_of(house, tenant, Mail)}
    assert subjects == {f"Number {number}" for number in range(7)}, "of the last thirty days"
    assert all_of(house, tenant, Notification, Notification.kind == "mailboxes.received") == []
    changed = house.api("agent", tenant).patch(
        f"/mailboxes/mailbox/{box}", {"since": (datetime.now(UTC) - timedelta(days=40)).date().isoformat()}
    )
    assert changed.status_code == 200, changed.text
    pump(app)
    assert len(all_of(house, tenant, Mail)) == 9


def test_broken_off_anywhere_it_goes_on(app, house, tenant, post, imap, monkeypatch):
    monkeypatch.setattr(fetching, "CHUNK", 2)
    contact(house, tenant)
    box = connect(house, tenant, imap, post)
    pump(app)
    uids = [imap.inbox.put(mail_of(NORA, "sam@acme.example", f"Number {number}")) for number in range(7)]
    for uid in uids:
        imap.broken_uids = {uid}
        fetch(app, house, tenant, box)
        assert "cannot be used" in all_of(house, tenant, Mailbox)[0].last_error
    imap.broken_uids = set()
    fetch(app, house, tenant, box)
    assert sorted(one.subject for one in all_of(house, tenant, Mail)) == [f"Number {number}" for number in range(7)]
    found = all_of(house, tenant, Mailbox)[0]
    assert (found.state, found.last_error, found.lease_until) == ("works", None, None)


def test_a_dead_workers_claim_runs_out(app, house, tenant, post, imap):
    contact(house, tenant)
    box = connect(house, tenant, imap, post)
    pump(app)

    def claim(until):
        with house.inside(tenant) as session:
            told = {"tenantry_is_told": True}
            session.execute(update(Mailbox).values(lease_until=until), execution_options=told)
            session.commit()

    claim(utcnow() + timedelta(seconds=60))
    arrive(app, house, tenant, imap, box, mail_of(NORA, "sam@acme.example", "Hello"))
    assert all_of(house, tenant, Mail) == [], "somebody else has it"
    claim(utcnow() - timedelta(seconds=1))
    fetch(app, house, tenant, box)
    assert len(all_of(house, tenant, Mail)) == 1


def test_numbers_that_begin_anew_bring_nothing_twice(app, house, tenant, post, imap):
    contact(house, tenant)
    box = connect(house, tenant, imap, post)
    arrive(app, house, tenant, imap, box, *(mail_of(NORA, "sam@acme.example", f"Number {one}") for one in range(3)))
    imap.inbox.begin_anew()
    arrive(app, house, tenant, imap, box, mail_of(NORA, "sam@acme.example", "Number 3"))
    assert len(all_of(house, tenant, Mail)) == 4
    [inbox] = all_of(house, tenant, MailFolder, MailFolder.name == "INBOX")
    assert (inbox.uid_validity, inbox.high_uid, inbox.low_uid) == (2, 4, 1)


def test_a_wrong_password_stops_it_and_its_owner_hears(app, house, tenant, post, imap):
    contact(house, tenant)
    connect(house, tenant, imap, post, password="wrong horse")
    pump(app)
    [box] = all_of(house, tenant, Mailbox)
    assert box.state == "stopped"
    assert "does not let us in" in box.last_error
    assert "wrong horse" not in box.last_error + box.password
    [notice] = all_of(house, tenant, Notification, Notification.kind == "mailboxes.stopped")
    assert notice.member_id == box.owner_id
    tried = len(imap.logins)
    with house.inside(tenant) as session:
        enqueue(fetching.LOOK)
        session.commit()
    pump(app)
    assert len(imap.logins) == tried, "not tried for ever"
    api = house.api("agent", tenant)
    assert api.post(f"/mailboxes/mailbox/{box.id}/actions/try_it").status_code == 409
    done = api.post(f"/mailboxes/mailbox/{box.id}/actions/set_password", {"password": "right horse"})
    assert done.status_code == 200, done.text
    said = api.post(f"/mailboxes/mailbox/{box.id}/actions/try_it")
    assert "Old things" in said.text
    pump(app)
    assert all_of(house, tenant, Mailbox)[0].state == "works"
    moved = api.patch(f"/mailboxes/mailbox/{box.id}", {"username": "somebody.else"})
    assert moved.status_code == 200, moved.text
    assert not all_of(house, tenant, Mailbox)[0].has_password, "a password goes only where it was meant for"


def test_servers_inside_are_not_called_and_those_that_hang_are_cut_off(app, house, tenant, post, imap, monkeypatch):
    contact(house, tenant)
    connect(house, tenant, imap, post)
    pump(app)
    imap.silent_on = {"UID SEARCH"}
    [box] = all_of(house, tenant, Mailbox)
    with monkeypatch.context() as impatient:  # what comes after has its time: it is refused for its size
        impatient.setattr("app.mailboxes.imap.PATIENCE", 0.5)
        fetch(app, house, tenant, box.id)
    assert "timeout" in all_of(house, tenant, Mailbox)[0].last_error
    imap.silent_on, imap.huge_literal = set(), True
    imap.inbox.put(mail_of(NORA, "sam@acme.example", "Huge"))
    fetch(app, house, tenant, box.id)
    assert "bytes" in all_of(house, tenant, Mailbox)[0].last_error
    imap.huge_literal = False
    closed = replace(app.config["TENANTRY"], outbound_networks=())
    monkeypatch.setitem(app.config, "TENANTRY", closed)
    calls = len(imap.commands)
    fetch(app, house, tenant, box.id)
    assert "not a public address" in all_of(house, tenant, Mailbox)[0].last_error
    assert len(imap.commands) == calls


BOUNCE = """--edge\r
Content-Type: text/plain\r
\r
It did not work.\r
--edge\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; nora@customer.example\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 no such user\r
\r
--edge\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: {message_id}\r
Subject: Your order\r
\r
--edge--"""


def report_on(message_id):
    kind = 'multipart/report; report-type=delivery-status; boundary="edge"'
    text = BOUNCE.format(message_id=message_id)
    return mail_of("MAILER-DAEMON@mx.example", "sam@acme.example", "Undelivered", text, "<b@mx>", Content_Type=kind)


def test_bounces_and_automatic_replies_are_known(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    box = connect(house, tenant, imap, post)
    compose(house, tenant, f"contacts.contact/{nora}", subject="Your order", text="Here")
    let_go(app, house, tenant)
    arrive(
        app, house, tenant, imap, box, report_on(post.mails[0]["Message-ID"]), report_on("<not@ours>"),
        mail_of(NORA, "sam@acme.example", "I am away", "until May", Auto_Submitted="auto-replied"),
    )  # fmt: skip
    ours, away = all_of(house, tenant, Mail)
    assert "550 no such user" in ours.problem
    assert away.kind == "auto_reply"
    assert not any(one.is_waiting for one in all_of(house, tenant, MailThread))
    told = all_of(house, tenant, Notification, Notification.kind == "mailboxes.bounced")
    assert [one.title for one in told] == ["Your mail did not arrive: Your order"]


def test_a_conversation_is_not_entered_by_claiming_to_answer(app, house, tenant, post, imap):
    contact(house, tenant)
    contact(house, tenant, "eve@evil.example", "Eve")
    box = connect(house, tenant, imap, post)
    first = mail_of(NORA, "sam@acme.example", "My contract", "for you alone", "<one@customer>")
    arrive(app, house, tenant, imap, box, first)
    arrive(
        app, house, tenant, imap, box,
        mail_of("eve@evil.example", "sam@acme.example", "Re: it", "pay here", "<2@evil>", References="<one@customer>"),
        mail_of("eve@evil.example", "sam@acme.example", "My contract", "pay there", "<one@customer>"),
        mail_of(NORA, "sam@acme.example", "Re: it", "really me", "<three@customer>", In_Reply_To="<one@customer>"),
    )  # fmt: skip
    found = {one.body: one.conversation for one in all_of(house, tenant, Mail)}
    assert len(found) == 4, "a borrowed Message-ID neither hides a mail nor becomes another one"
    assert found["for you alone"] == found["really me"]
    assert found["for you alone"] not in (found["pay here"], found["pay there"])


HOSTILE = (
    '<p onclick="x()">Hi<script>steal()</script><img src="https://spy.example/x.png"><a href="javascript:x()">a</a>'
)


def test_hostile_html_is_harmless(app, house, tenant, post, imap):
    contact(house, tenant)
    box = connect(house, tenant, imap, post)
    kind = "text/html; charset=no-such-charset"
    arrive(app, house, tenant, imap, box, mail_of(NORA, "sam@acme.example", "Look", HOSTILE, Content_Type=kind))
    [mail] = all_of(house, tenant, Mail)
    browser = house.browser("agent", tenant)
    shown = browser.go(f"/mailboxes/mails/{mail.id}/html")
    for bad in ("script", "onclick", "javascript"):
        assert bad not in shown.text
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "https:" not in policy
    assert "sandbox" in policy
    assert "https:" in browser.go(f"/mailboxes/mails/{mail.id}/html?pictures=1").headers["Content-Security-Policy"]
    assert "steal" not in mail.body


@pytest.mark.parametrize("number", range(7))
def test_nothing_a_mail_may_hold_stops_the_rest(app, house, tenant, post, imap, number):
    contact(house, tenant)
    box = connect(house, tenant, imap, post)
    deep = "".join(f'--b{one}\r\nContent-Type: multipart/mixed; boundary="b{one + 1}"\r\n\r\n' for one in range(3_000))
    bombs = (
        mail_of(NORA, "sam@acme.example", "Deep", deep, Content_Type='multipart/mixed; boundary="b0"'),
        mail_of(
            NORA, "sam@acme.example", "=?utf-7?B?!!!?= =?x?q?y", "\udcff broken".encode("utf-8", "replace").decode()
        ),
        mail_of(NORA, "sam@acme.example", "x" * 200_000, "huge header"),
        mail_of(NORA, ", ".join(f"a{one}@x.example" for one in range(5_000)), "Many", "receivers"),
        b"From: nora@customer.example\r\nTo: sam@acme.example\r\nDate: Sat, 99 Foo 2999 99:99\r\n\r\n\x00\xff\xfe",
        mail_of(NORA, "sam@acme.example", "No charset", "x", Content_Type='text/plain; charset="\'; drop"'),
        mail_of(NORA, "sam@acme.example", "Bad base64", "!!!!", Content_Transfer_Encoding="base64"),
    )
    arrive(app, house, tenant, imap, box, bombs[number], mail_of(NORA, "sam@acme.example", "After it", "fine"))
    assert "After it" in [one.subject for one in all_of(house, tenant, Mail)]
    for thread in all_of(house, tenant, MailThread):
        assert house.browser("agent", tenant).go(f"/mailboxes/threads/{thread.id}").status_code == 200


def test_the_same_address_in_two_tenants(app, house, tenant, post, imap):
    other = house.new_tenant(name="Other")
    for one in (tenant, other):
        contact(house, one)
    box = connect(house, tenant, imap, post)
    arrive(app, house, tenant, imap, box, mail_of(NORA, "sam@acme.example", "For Acme"))
    assert len(all_of(house, tenant, Mail)) == 1
    assert all_of(house, other, Mail) == []
    second = connect(house, other, imap, post)
    fetch(app, house, other, second)
    ours, theirs = all_of(house, tenant, Mail)[0], all_of(house, other, Mail)[0]
    assert ours.digest == theirs.digest
    assert ours.conversation != theirs.conversation


def test_answering_to_all_with_a_template_and_files(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    box = connect(house, tenant, imap, post)
    arrive(
        app, house, tenant, imap, box,
        mail_of(NORA, "sam@acme.example, lee@customer.example", "Prices?", "How much?", "<q@customer>",
                Cc="boss@customer.example"),
    )  # fmt: skip
    [asked] = all_of(house, tenant, Mail)
    template = {
        "channel": "email", "key": "prices", "language": "en", "subject": "Prices",
        "body": "Dear {{ name }},\n\n{{ price }}", "variables": "name\nprice",
    }  # fmt: skip
    made = house.api("owner", tenant).post("/messaging/template", template)
    assert made.status_code == 201, made.text
    browser = house.browser("agent", tenant)
    page = browser.go(f"/mailboxes/compose/reply_all/{asked.id}").text
    assert 'value="nora@customer.example, lee@customer.example"' in page
    assert "boss@customer.example" in page
    assert "&gt; How much?" in page
    form = {"action": "fill", "template": made.json["id"], "to": NORA, "mailbox": box}
    filled = browser.send(f"/mailboxes/compose/contacts.contact/{nora}", form)
    assert "Dear Nora," in filled.text
    refused = compose(house, tenant, f"reply_all/{asked.id}", subject="Re: Prices?", text="{{ price }}")
    assert refused.status_code == 422
    sent = compose(
        house, tenant, f"reply_all/{asked.id}", subject="Re: Prices?", text="Ten", cc="boss@customer.example",
        bcc="quiet@acme.example", files=(BytesIO(b"a,b\n1,2\n"), "list.csv"),
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    let_go(app, house, tenant)
    [mail] = post.mails
    assert mail["In-Reply-To"] == "<q@customer>"
    assert "quiet" not in str(mail)
    assert set(post.envelopes[0].rcpt_tos) == {
        NORA,
        "lee@customer.example",
        "boss@customer.example",
        "quiet@acme.example",
    }
    assert [one.get_filename() for one in mail.iter_attachments()] == ["list.csv"]
    [thread] = all_of(house, tenant, MailThread)
    assert not thread.is_waiting


def test_one_of_several_receivers_is_refused(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    connect(house, tenant, imap, post)
    post.refuse_recipient["gone@customer.example"] = "550 no such user"
    compose(house, tenant, f"contacts.contact/{nora}", subject="Hi", text="x", cc="gone@customer.example")
    let_go(app, house, tenant)
    assert post.envelopes[0].rcpt_tos == [NORA]
    [mail] = all_of(house, tenant, Mail)
    assert "gone@customer.example: 550" in mail.problem


def test_a_mail_is_taken_back_in_time(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    connect(house, tenant, imap, post)
    compose(house, tenant, f"contacts.contact/{nora}", subject="Oops", text="x")
    [mail] = all_of(house, tenant, Mail)
    assert house.browser("agent", tenant).send(f"/mailboxes/mails/{mail.id}/back").status_code == 303
    let_go(app, house, tenant)
    assert post.mails == []
    assert all_of(house, tenant, Mail) == all_of(house, tenant, MailThread) == []


def test_suppressed_addresses_and_foreign_mailboxes_are_refused(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    box = connect(house, tenant, imap, post, audience="private")
    api = house.api("owner", tenant)
    body = {"mailbox": box, "to": [NORA], "subject": "Hi", "text": "x"}
    foreign = api.post("/mailboxes/send", body)
    assert foreign.status_code == 422
    assert house.api("viewer", tenant).post("/mailboxes/send", body).status_code == 403
    sent = house.api("agent", tenant).post("/mailboxes/send", body)
    assert sent.status_code == 201, sent.text
    api.post("/contacts/suppression", {"channel": "email", "value": NORA, "reason": "bounce"})
    refused = compose(house, tenant, f"contacts.contact/{nora}", subject="Hi", text="x")
    assert refused.status_code == 422
    assert "suppression list" in refused.text
    nobody = house.api("agent", tenant).post("/mailboxes/send", {**body, "to": ["who@else.example"]})
    assert nobody.status_code == 422


def test_a_person_is_told_and_forgotten(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    contact(house, tenant, "lee@customer.example", "Lee")
    box = connect(house, tenant, imap, post)
    arrive(
        app, house, tenant, imap, box, mail_of(NORA, "sam@acme.example", "From her", "my words"),
        mail_of("lee@customer.example", f"sam@acme.example, {NORA}", "From him", "his words"),
    )  # fmt: skip
    file = house.browser("owner", tenant).go(f"/contacts/privacy/{nora}").get_json()
    assert {one["subject"] for one in file["mailboxes"]["mails"]} == {"From her", "From him"}
    done = house.api("owner", tenant).post(f"/contacts/contact/{nora}/actions/forget")
    assert done.status_code == 200, done.text
    [left] = all_of(house, tenant, Mail)
    assert left.subject == "From him"
    assert NORA not in left.people
    assert all_of(house, tenant, MailParty, MailParty.email == NORA) == []


def test_merged_contacts_bring_their_mails(app, house, tenant, post, imap):
    nora, twin = contact(house, tenant), contact(house, tenant, "n@private.example", "Nora K")
    box = connect(house, tenant, imap, post)
    arrive(app, house, tenant, imap, box, mail_of("n@private.example", "sam@acme.example", "By the other address"))
    body = {"resource": "contacts.contact", "survivor": str(nora), "ids": [str(twin)]}
    merged = house.api("owner", tenant).post("/merging/merges", body)
    assert merged.status_code == 201, merged.text
    timeline = f"/contacts/contact/{nora}/timeline"
    assert "By the other address" in house.browser("agent", tenant).go(timeline).text
    undone = house.api("owner", tenant).post(f"/merging/merges/{merged.json['id']}/undo")
    assert undone.status_code == 200, undone.text
    assert "By the other address" not in house.browser("agent", tenant).go(timeline).text


def test_pages_cost_a_fixed_number_of_statements(app, house, tenant, post, imap):
    nora = contact(house, tenant)
    box = connect(house, tenant, imap, post)
    many = [
        mail_of(NORA, "sam@acme.example", "Same thing", f"Number {one}", f"<m{one}@c>", References="<m0@c>")
        for one in range(30)
    ]
    arrive(app, house, tenant, imap, box, *many)
    [thread] = all_of(house, tenant, MailThread)
    browser = house.browser("agent", tenant)
    for path in (f"/mailboxes/threads/{thread.id}", "/mailboxes/thread/", f"/contacts/contact/{nora}/timeline"):
        browser.go(path)  # what the process keeps of a tenant (teams, territories, own fields) is asked for once
        with count_statements() as counted:
            assert browser.go(path).status_code == 200
        assert len(counted) <= 8, (path, counted)
