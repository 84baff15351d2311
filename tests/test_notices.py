"""Telling people something: who is told, once, in their language, in their way, and nothing out of their reach."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from app.contacts.models import Contact
from app.data import utcnow
from app.features.access_rules import AccessRule
from app.jobs import enqueue, run_due
from app.messaging.models import Notification
from app.messaging.notifying import notify, withdraw
from app.messaging.receivers import members_with_role
from app.messaging.ways import choose, ways
from app.tenancy.models import Membership
from app.testing.pumping import hurry, pump
from app.webhooks.delivering import disable
from app.webhooks.endpoints import check_endpoint
from app.webhooks.models import WebhookEndpoint
from tests.mail_house import Post, by_platform, texts

KIND = "messaging.mentioned"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def member(session, house, tenant, role):
    account = house.people[tenant.slug, role]
    return session.scalars(select(Membership).where(Membership.account_uid == account.uid)).one()


def told(session):
    return list(session.scalars(select(Notification).order_by(Notification.id)))


def test_a_notice_is_a_row_of_the_callers_transaction(house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        assert notify(agent, KIND, "Call Nora", "She waits.") == 1
        session.rollback()
        assert told(session) == []
        assert notify([agent, agent.id], KIND, "Call\nNora", "She waits.") == 1
        session.commit()
        [row] = told(session)
        assert (row.title, row.body, row.member_id, row.read_at) == ("Call Nora", "She waits.", agent.id, None)


def test_with_a_key_somebody_is_told_once(house, tenant):
    with house.inside(tenant) as session:
        both = [member(session, house, tenant, role) for role in ("agent", "viewer")]
        assert notify(both[0], KIND, "Due", dedupe="lead 7") == 1
        session.commit()
        assert notify(both, KIND, "Due", dedupe="lead 7") == 1, "the viewer alone is new"
        session.commit()
        assert notify(both, KIND, "Due", dedupe="lead 7") == 0
        assert len(told(session)) == 2


def test_who_left_is_told_nothing_and_roles_find_members(house, tenant):
    with house.inside(tenant) as session:
        viewer, admin = (member(session, house, tenant, role) for role in ("viewer", "admin"))
        viewer.left_at = utcnow()
        session.flush()
        assert notify([viewer, admin], KIND, "Hello") == 1
        assert members_with_role("admin", "viewer") == [admin.id]


def test_texts_are_written_in_the_language_of_each_receiver(house):
    arabic = house.new_tenant(locale="ar")
    with house.inside(arabic) as session:
        notify(member(session, house, arabic, "agent"), KIND, _l("Contacts"))
        assert told(session)[0].title == "جهات الاتصال"


def test_a_later_notice_can_be_withdrawn(house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        nora = Contact(full_name="Nora")
        session.add(nora)
        tomorrow = utcnow() + timedelta(days=1)
        assert notify(agent, KIND, "Call", target=nora, at=tomorrow, dedupe="x") == 1
        notify(agent, KIND, "Now", target=nora)
        assert withdraw(KIND, nora) == 1
        assert [row.title for row in told(session)] == ["Now"]
        assert notify(agent, KIND, "Call", target=nora, at=tomorrow, dedupe="x") == 1, "it was never told"


def test_what_cannot_be_told_is_refused(house, tenant):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        with pytest.raises(LookupError, match="declares the notice"):
            notify(agent, "messaging.nothing", "x")
        with pytest.raises(ValueError, match="time zone"):
            notify(agent, KIND, "x", at=utcnow().replace(tzinfo=None))
        with pytest.raises(ValueError, match="200"):
            notify(agent, KIND, "x", dedupe="k" * 300)


# By e-mail ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def post(app, monkeypatch):
    run_due(app)  # what other tests left
    server = Post()
    by_platform(app, monkeypatch, server)
    yield server
    server.stop()


def wants(session, member_id, delivery, kind=KIND):
    choose(member_id, kind, ways(delivery))
    session.commit()


WISHES = [("email", 1, 1), ("digest", 0, 1), ("in_app", 0, 1), ("off", 0, 0)]


@pytest.mark.parametrize(("wish", "mails", "rows"), WISHES)
def test_everybody_chooses_how_they_are_told(app, house, tenant, post, wish, mails, rows):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        address = agent.email
        wants(session, agent.id, wish)
        assert notify(agent, KIND, "Call Nora", "She & Sami wait.") == rows
        session.commit()
        run_due(app)
        assert (len(post.mails), len(told(session))) == (mails, rows)
    if mails:
        [mail] = post.mails
        plain, html = texts(mail)
        assert (mail["To"].addresses[0].addr_spec, mail["Subject"]) == (address, "Call Nora")
        assert "She & Sami wait." in plain
        assert "She &amp; Sami wait." in html
        assert f"http://localhost/t/{tenant.slug}/messaging/notifications/" in plain
        assert mail["Auto-Submitted"] == "auto-generated"


def test_a_reminder_comes_when_it_is_due_once_and_as_wanted_then(app, house, tenant, post):
    with house.inside(tenant) as session:
        agent, viewer = (member(session, house, tenant, role) for role in ("agent", "viewer"))
        for _twice in range(2):
            notify([agent, viewer], KIND, "Call", at=utcnow() + timedelta(hours=1), dedupe="lead 7")
            session.commit()
        run_due(app)
        assert post.mails == []
        wants(session, viewer.id, "off")
        session.execute(text("UPDATE notification SET due_at = now()"))
        session.commit()
        hurry(app)
        run_due(app)
        run_due(app)
        [row] = told(session)
        [mail] = post.mails
        agent = member(session, house, tenant, "agent")
        assert (mail["To"].addresses[0].addr_spec, row.member_id) == (agent.email, agent.id)


def test_a_digest_holds_what_was_not_read(app, house, tenant, post):
    with house.inside(tenant) as session:
        agent = member(session, house, tenant, "agent")
        wants(session, agent.id, "digest")
        for number in range(3):
            notify(agent, KIND, f"Notice {number}")
        session.commit()
        told(session)[0].read_at = utcnow()
        session.commit()
        for _twice in range(2):
            enqueue("messaging.digest")
            session.commit()
            run_due(app)
    [mail] = post.mails
    plain, _html = texts(mail)
    assert mail["Subject"] == "2 notifications from A tenant"
    assert "Notice 0" not in plain
    assert "Notice 1" in plain
    assert "Notice 2" in plain
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_mail_to_an_arabic_reader_is_arabic_and_right_to_left(app, house, post):
    arabic = house.new_tenant(locale="ar", name="شركة")
    with house.inside(arabic) as session:
        agent = member(session, house, arabic, "agent")
        notify(agent, KIND, _l("Contacts"), "نص")
        session.commit()
    run_due(app)
    [mail] = post.mails
    plain, html = texts(mail)
    assert mail["Subject"] == "جهات الاتصال"
    assert '<html lang="ar" dir="rtl">' in html
    assert "Choose what" not in plain + html
    assert "Go there" not in html


def test_nobody_is_mailed_about_a_record_out_of_their_reach(app, house, tenant, post):
    with house.inside(tenant) as session:
        rule = AccessRule(role="agent", resource="contacts.contact", row_scope="own")
        nora = Contact(full_name="Nora")
        session.add_all([rule, nora])
        session.flush()
        agent, admin = (member(session, house, tenant, role) for role in ("agent", "admin"))
        notify([agent, admin], KIND, "Call Nora", target=nora)
        session.commit()
    run_due(app)
    assert [mail["To"].addresses[0].addr_spec for mail in post.mails] == [house.people[tenant.slug, "admin"].email]


# What the core tells by itself ----------------------------------------------------------------------------------------


def test_a_note_tells_those_it_mentions_once(app, house, tenant):
    nora = Contact(full_name="Nora")
    house.add(nora, tenant=tenant)
    api = house.api("agent", tenant)
    note = {"target_type": "contacts.contact", "target_id": str(nora.id), "content": "@Admin A tenant: call @Agent"}
    made = api.post("/contacts/note", note)
    pump(app)
    with house.inside(tenant) as session:
        [row] = told(session)
        assert row.member_id == member(session, house, tenant, "admin").id
        assert row.title == "Agent A tenant mentions you in a note"
    answer = house.browser("admin", tenant).go(f"/messaging/notifications/{row.id}")
    assert answer.location.endswith(f"/contacts/contact/{nora.id}"), "where the note hangs"
    changed = {"content": "@Admin A tenant and @Viewer"}
    stem = f"/contacts/note/{made.json['id']}"
    assert api.patch(stem, changed, headers={"If-Match": made.headers["ETag"]}).status_code == 200
    pump(app)
    with house.inside(tenant) as session:
        assert len(told(session)) == 2, "the viewer is new, the admin knows"


def test_owners_and_admins_hear_of_an_endpoint_that_is_off(app, house, tenant):
    with house.inside(tenant) as session:
        endpoint = WebhookEndpoint(url="https://hooks.example/x", events="*", secret="")
        check_endpoint(endpoint, True)
        session.add(endpoint)
        session.flush()
        disable(session(), endpoint, "It answered 410.")
        session.commit()
    pump(app)
    with house.inside(tenant) as session:
        rows = told(session)
        assert {row.member_id for row in rows} == set(members_with_role("owner", "admin"))
        assert rows[0].body == "https://hooks.example/x gets no more webhooks. It answered 410."
