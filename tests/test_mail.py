"""Mail on its way out, by real SMTP: once, with sound headers, later when it must be, and never lost."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app.contacts.models import Suppression
from app.data import utcnow
from app.jobs import run_due
from app.messaging.composing import Attached
from app.messaging.models import EmailAccount, OutboundMessage, SendQuota
from app.messaging.outbox import send_mail
from app.testing.pumping import discard_pending, hurry
from tests.mail_house import Post, by_platform, nobody_there, texts


@pytest.fixture
def post(app):
    discard_pending(app)  # what other tests left must not become due and come here
    server = Post()
    yield server
    server.stop()


@pytest.fixture
def nobody():
    with nobody_there() as url:
        yield url


@pytest.fixture
def tenant(house):
    return house.new_tenant(name="Acme Trading")


def send(house, tenant, *args, **more):
    with house.inside(tenant) as session:
        key = send_mail(*args, **more)
        session.commit()
    return key


def row(house, tenant, key):
    with house.inside(tenant) as session:
        found = session.get_one(OutboundMessage, key)
        session.expunge_all()
        return found


def change(house, tenant, key, **values):
    with house.inside(tenant) as session:
        session.execute(update(OutboundMessage).where(OutboundMessage.id == key).values(**values))
        session.commit()


def test_a_mail_goes_out_once_with_sound_headers(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    key = send(house, tenant, "Nora@Example.com", "مرحبا", "Hello\n.\nنورة", "<p>Hello</p>", name="نورة, K")
    run_due(app)
    [mail], [envelope] = post.mails, post.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("office@platform.example", ["nora@example.com"])
    assert (mail["Subject"], mail["From"], mail["To"].addresses[0].display_name) == (
        "مرحبا", "Office <office@platform.example>", "نورة, K",
    )  # fmt: skip
    assert mail["Message-ID"] == f"<{key}@localhost>"
    assert texts(mail) == ("Hello\n.\nنورة\n", "<p>Hello</p>\n")
    sent = row(house, tenant, key)
    assert (sent.state, sent.attempts, sent.error) == ("sent", 1, None)
    run_due(app)
    assert len(post.mails) == 1


def test_rolled_back_it_never_was(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    with house.inside(tenant) as session:
        send_mail("nora@example.com", "x", "y")
        session.rollback()
    run_due(app)
    assert post.mails == []


def test_one_send_for_each_key(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    first = send(house, tenant, "nora@example.com", "x", "y", dedupe="appointment 7")
    assert send(house, tenant, "nora@example.com", "x", "y", dedupe="appointment 7") == first
    run_due(app)
    assert send(house, tenant, "nora@example.com", "x", "y", dedupe="appointment 7") == first
    run_due(app)
    assert len(post.mails) == 1


def test_nobody_breaks_out_of_a_header(app, house, tenant, post, monkeypatch):
    allow(app, monkeypatch, post)
    evil = "Hi\r\nBcc: all@victims.example\r\n\r\nNew body"
    send(house, tenant, "nora@example.com", evil, "text", name=evil, attachments=[Attached(evil, "text/plain", b"x")])
    with house.inside(tenant) as session:
        account = EmailAccount(
            email="own@acme.example", sender_name=evil, host="127.0.0.1", port=post.port, security="none"
        )
        session.add(account)
        session.commit()
    run_due(app)
    [mail] = post.mails
    assert mail["Bcc"] is None
    assert post.envelopes[0].rcpt_tos == ["nora@example.com"]
    assert "\n" not in mail["Subject"]
    assert texts(mail)[0] == "text\n"
    for bad in ("nora@example.com\r\nBcc: x@y.example", "nora@example.com, eve@example.com", "<nora@example.com>\n"):
        with house.inside(tenant), pytest.raises(ValueError, match="e-mail address"):
            send_mail(bad, "x", "y")
    for headers in ({"X-A": "1\r\nBcc: x@y.example"}, {"Bcc": "x@y.example"}, {"X-A\r\nBcc": "x"}, {"From": "x"}):
        with house.inside(tenant), pytest.raises(ValueError, match="cannot be set"):
            send_mail("nora@example.com", "x", "y", headers=headers)
    for mime in ("text/plain\r\nBcc: x", "text", 'text/plain; name="x\r\n"'):
        with house.inside(tenant), pytest.raises(ValueError, match="type of content"):
            send_mail("nora@example.com", "x", "y", attachments=[Attached("a", mime, b"")])


def test_invitations_are_attached(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    content = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    invite = Attached("دعوة.ics", "text/calendar; method=REQUEST", content)
    send(house, tenant, "nora@example.com", "Invitation", "Come", attachments=[invite], reply_to="sales@acme.example")
    run_due(app)
    [mail] = post.mails
    [part] = mail.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_param("method")) == (
        "دعوة.ics", "text/calendar", "REQUEST",
    )  # fmt: skip
    assert part.get_payload(decode=True) == content
    assert mail["Reply-To"] == "sales@acme.example"
    with house.inside(tenant), pytest.raises(ValueError, match="10 MB"):
        send_mail("nora@example.com", "x", "y", attachments=[Attached("big", "text/plain", b"x" * 10_500_000)])


def test_without_an_account_it_waits_and_says_why(app, house, tenant, post, monkeypatch):
    key = send(house, tenant, "nora@example.com", "x", "y")
    run_due(app)
    waiting = row(house, tenant, key)
    assert waiting.state == "pending"
    assert "No e-mail account is set up" in waiting.error
    change(house, tenant, key, not_before=utcnow() - timedelta(hours=1))
    allow(app, monkeypatch, post)
    account = {"email": "office@acme.example", "host": "127.0.0.1", "port": post.port, "security": "none"}
    answer = house.api("owner", tenant).post("/messaging/email_account", account)
    assert answer.status_code == 201, answer.text
    run_due(app)
    run_due(app)
    assert row(house, tenant, key).state == "sent"
    assert post.mails[0]["From"] == "Acme Trading <office@acme.example>"


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    post.answers = ["451 try later", "cut", "554 spam"]
    key = send(house, tenant, "nora@example.com", "x", "y")
    run_due(app)
    later = row(house, tenant, key)
    assert (later.state, later.attempts) == ("pending", 1)
    assert "451 try later" in later.error
    assert timedelta(seconds=40) < later.not_before - utcnow() < timedelta(seconds=80)
    run_due(app)
    assert row(house, tenant, key).attempts == 1, "not before its time"
    post.refuse_recipient["nora@example.com"] = "550 no such user"
    change(house, tenant, key, not_before=utcnow())
    hurry(app)
    run_due(app)
    failed = row(house, tenant, key)
    assert (failed.state, post.mails) == ("failed", [])
    assert "550 no such user" in failed.error
    run_due(app)
    with house.inside(tenant) as session:
        assert session.scalar(select(SendQuota.used)) == 0, "what was not sent does not count"


def test_a_connection_that_breaks_after_the_content_is_never_sent_again(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    post.answers = ["cut"]
    key = send(house, tenant, "nora@example.com", "x", "y")
    run_due(app)
    unknown = row(house, tenant, key)
    assert unknown.state == "unknown"
    assert "before the server confirmed it" in unknown.error
    hurry(app)
    run_due(app)
    assert post.mails == []
    again = house.api("owner", tenant).post(f"/messaging/outgoing/{key}/actions/send_again")
    assert again.status_code == 200, again.text
    run_due(app)
    assert len(post.mails) == 1
    assert row(house, tenant, key).state == "sent"


def test_what_a_dead_worker_was_sending_becomes_unknown(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    keys = [send(house, tenant, "nora@example.com", "x", "y") for _ in range(2)]
    change(house, tenant, keys[0], state="sending", lease_until=utcnow() - timedelta(seconds=1))
    change(house, tenant, keys[1], state="claimed", lease_until=utcnow() - timedelta(seconds=1))
    run_due(app)
    assert [row(house, tenant, key).state for key in keys] == ["unknown", "sent"]
    assert len(post.mails) == 1


def test_what_somebody_else_is_sending_is_left_alone(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    key = send(house, tenant, "nora@example.com", "x", "y")
    change(house, tenant, key, state="sending", lease_until=utcnow() + timedelta(seconds=60))
    run_due(app)
    assert (row(house, tenant, key).state, post.mails) == ("sending", [])


def test_the_daily_limit_defers(app, house, post, monkeypatch):
    tenant = house.new_tenant(timezone="Asia/Riyadh")
    by_platform(app, monkeypatch, post, mail_per_day=2)
    keys = [send(house, tenant, "nora@example.com", str(number), "y") for number in range(3)]
    run_due(app)
    assert [row(house, tenant, key).state for key in keys] == ["sent", "sent", "pending"]
    deferred = row(house, tenant, keys[2])
    assert "limit" in deferred.error
    assert deferred.not_before.astimezone().utcoffset() is not None
    assert (deferred.not_before + timedelta(hours=3)).strftime("%H:%M") == "00:01"
    with house.inside(tenant) as session:
        session.execute(update(SendQuota).values(on_day=SendQuota.on_day - 1))
        session.commit()
    change(house, tenant, keys[2], not_before=utcnow())
    hurry(app)
    run_due(app)
    assert row(house, tenant, keys[2]).state == "sent"


def test_a_server_that_cannot_be_reached_is_tried_for_days_and_the_account_says_so(
    app, house, tenant, nobody, monkeypatch
):
    by_platform(app, monkeypatch, nobody)
    key = send(house, tenant, "nora@example.com", "x", "y")
    run_due(app)
    waiting = row(house, tenant, key)
    assert (waiting.state, waiting.attempts) == ("pending", 0)
    assert "cannot be used" in waiting.error
    change(house, tenant, key, not_before=utcnow(), tried_since=utcnow() - timedelta(days=5))
    hurry(app)
    run_due(app)
    assert row(house, tenant, key).state == "failed"


def test_a_suppressed_address_gets_nothing(app, house, tenant, post, monkeypatch):
    by_platform(app, monkeypatch, post)
    house.add(Suppression(channel="email", value="gone@example.com"), tenant=tenant)
    key = send(house, tenant, "gone@example.com", "x", "y")
    run_due(app)
    assert (row(house, tenant, key).state, post.mails) == ("failed", [])


def allow(app, monkeypatch, server):
    """Let tenants' accounts use a server on this machine."""
    allowed = {"outbound_networks": ("127.0.0.0/8",), "outbound_ports": (server.port,)}
    monkeypatch.setitem(app.config, "TENANTRY", replace(app.config["TENANTRY"], **allowed))


@pytest.fixture
def own_server(app, monkeypatch):
    server = Post(auth=True)
    allow(app, monkeypatch, server)
    yield server
    server.stop()


def account_of(house, tenant, server):
    facts = {
        "email": "office@acme.example",
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": "office",
    }
    return house.api("owner", tenant).post("/messaging/email_account", facts).json["id"]


def test_an_account_of_ones_own_signs_in_and_is_tested(app, house, tenant, own_server):
    api, key = house.api("owner", tenant), account_of(house, tenant, own_server)
    stem = f"/messaging/email_account/{key}"
    assert api.post(f"{stem}/actions/set_password", {"password": "wrong"}).status_code == 200
    assert "on its way" in api.post(f"{stem}/actions/send_test").json["message"]
    run_due(app)
    shown = api.get(stem)
    assert "535" in shown.json["last_error"]
    assert "wrong" not in shown.text
    api.post(f"{stem}/actions/set_password", {"password": "right horse"})
    with house.inside(tenant) as session:
        session.execute(text("UPDATE outbound_message SET not_before = now()"))
        sealed = session.get_one(EmailAccount, key).password
        session.commit()
    assert "right" not in sealed
    hurry(app)
    run_due(app)
    [mail] = own_server.mails
    assert mail["To"].addresses[0].addr_spec == house.people[tenant.slug, "owner"].email
    assert own_server.signed_in[-1] == ("office", "right horse")
    assert api.get(stem).json["last_error"] is None


def test_the_form_hides_the_password(house, tenant, own_server):
    key = account_of(house, tenant, own_server)
    browser = house.browser("owner", tenant)
    form = browser.send(f"/messaging/email_account/actions/set_password?id={key}")
    assert re.search(r'<input[^>]*name="password"[^>]*type="password"', form.text), form.text
    sent = {"id": key, "_run": "1", "password": "right horse"}
    assert browser.send("/messaging/email_account/actions/set_password", sent).status_code in (302, 303)
    assert house.api("owner", tenant).get(f"/messaging/email_account/{key}").json["has_password"] is True


def test_a_password_does_not_follow_to_another_server(app, house, tenant, own_server):
    api, key = house.api("owner", tenant), account_of(house, tenant, own_server)
    stem = f"/messaging/email_account/{key}"
    api.post(f"{stem}/actions/set_password", {"password": "right horse"})
    version = api.get(stem).headers["ETag"]
    answer = api.patch(stem, {"host": "evil.example"}, headers={"If-Match": version})
    assert answer.json["has_password"] is False
    with house.inside(tenant) as session:
        assert session.get_one(EmailAccount, key).password is None


def test_servers_inside_our_network_are_not_called(app, house, tenant, post):
    with house.inside(tenant) as session:
        session.add(EmailAccount(email="a@acme.example", host="127.0.0.1", port=25, security="none"))
        session.commit()
    key = send(house, tenant, "nora@example.com", "x", "y")
    run_due(app)
    refused = row(house, tenant, key)
    assert refused.state == "pending"
    assert "not a public address" in refused.error
    wrong = {"email": "a@acme.example", "host": "mail.example", "port": 22}
    answer = house.api("owner", tenant).post("/messaging/email_account", wrong)
    assert answer.status_code == 422
    assert "port" in answer.json["errors"]


def test_the_audit_log_never_holds_the_password(app, house, tenant, own_server):
    api, key = house.api("owner", tenant), account_of(house, tenant, own_server)
    api.post(f"/messaging/email_account/{key}/actions/set_password", {"password": "right horse"})
    with house.inside(tenant) as session:
        told = session.scalar(text("SELECT string_agg(e::text, ' ') FROM audit_entry e"))
    assert "set_password" in told
    assert "right horse" not in told
    with house.inside(tenant) as session:
        assert session.get_one(EmailAccount, key).password not in told
