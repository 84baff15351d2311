"""Mails with a lead's contact: the customer's word begins to wait for an answer, ours is the answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from app.contacts.models import Contact
from app.mailboxes.happenings import MailReceived, MailSent
from app.mailboxes.models import Mail, Mailbox, MailCopy, MailParty
from app.sdk import publish, utcnow
from app.testing.pumping import discard_pending, pump
from plugins.crm.models import WorkingTime
from plugins.crm.tests.agenda import member_of
from plugins.crm.tests.sales import Sales

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sales(house):
    return Sales(house)


@pytest.fixture
def lead(app, house, sales):
    discard_pending(app)
    me = member_of(house, sales.tenant, "owner")
    always = (WorkingTime(member_id=me, weekday=str(day), starts="00:00", ends="23:59") for day in range(7))
    house.add(*always, tenant=sales.tenant)
    sales.api.post("/crm/response_target", {"name": "All", "first_minutes": 60, "again_minutes": 30})
    [nora] = house.add(Contact(full_name="Nora", first_name="Nora", tags=[]), tenant=sales.tenant)
    return sales.lead(assigned_to=str(me), contact=str(nora)) | {"nora": nora}


def happens(app, sales, kind, contact_id, at):
    with sales.house.inside(sales.tenant) as session:
        publish(kind(uuid4(), contact_id, at))
        session.commit()
    pump(app)


def test_words_by_mail_start_and_stop_the_clock(app, sales, lead):
    now = utcnow() + MINUTE
    happens(app, sales, MailSent, lead["nora"], now)
    row = sales.stored(lead)
    assert (row.response_state, row.waiting_since, row.last_activity_at) == ("met", None, now)
    happens(app, sales, MailReceived, lead["nora"], now + MINUTE)
    row = sales.stored(lead)
    assert (row.response_state, row.waiting_since, row.last_activity_at) == ("waiting", now + MINUTE, now + MINUTE)
    happens(app, sales, MailSent, lead["nora"], now + 2 * MINUTE)
    assert sales.stored(lead).response_state == "met"
    happens(app, sales, MailReceived, lead["nora"], now + 1.5 * MINUTE)
    assert sales.stored(lead).waiting_since is None, "it was answered before it was heard of"


def test_a_mail_stands_on_the_lead_s_timeline_once(house, sales, lead):
    box = Mailbox(email="s@x.example", audience="shared", host="x", username="s", since=utcnow().date(), port=993)
    mail = Mail(
        subject="Our offer", from_email="s@x.example", direction="out", at=utcnow(), people="", body="Ten",
        message_id="<a>", root="<a>", digest="a", conversation=uuid4(),
    )  # fmt: skip
    house.add(box, mail, tenant=sales.tenant)
    copy = MailCopy(mail_id=mail.id, mailbox_id=box.id)
    house.add(
        copy, MailParty(mail_id=mail.id, role="to", email="n@x.example", contact_id=lead["nora"]), tenant=sales.tenant
    )
    page = sales.browser.go(f"/crm/lead/{lead['id']}/timeline").text
    assert page.count("Our offer") == 1
    assert f"/mailboxes/compose/crm.lead/{lead['id']}" in page
