"""Mails of demo tenants: a handful of conversations, some of which wait for an answer. Nothing is fetched or sent."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import select

from app.contacts.models import Contact, ContactChannel
from app.data import db, utcnow, uuid7
from app.mailboxes.keeping import add_parties, people_of
from app.mailboxes.models import IN, SHARED, WORKS, Mail, Mailbox, MailCopy
from app.mailboxes.parsing import Party
from app.mailboxes.threads import follow
from app.tenancy.models import Tenant

_ENGLISH = (
    ("Delivery next week", (
        ("in", "Hello,\n\ncan you deliver on Tuesday instead of Monday?\n\nBest regards"),
        ("out", "Hello,\n\nTuesday works for us, between nine and noon."),
        ("in", "Perfect, thank you!\n\n> Tuesday works for us, between nine and noon."),
    )),
    ("Your offer", (
        ("out", "Good morning,\n\nhere is the offer we spoke about. It is good until the end of the month."),
        ("in", "Thank you. Two questions: is installation included, and who trains our team?"),
    )),
    ("Invoice address", (("in", "Please send invoices to accounting from now on. The rest stays as it is."),)),
    ("Thank you for the visit", (("out", "It was good to see your new office. I will write down what we agreed on."),)),
)  # fmt: skip
_ARABIC = (
    ("التوصيل الأسبوع القادم", (
        ("in", "مرحبًا،\n\nهل يمكن أن يكون التوصيل يوم الثلاثاء بدلًا من الاثنين؟\n\nمع التحية"),
        ("out", "مرحبًا،\n\nالثلاثاء يناسبنا، بين التاسعة والثانية عشرة."),
        ("in", "ممتاز، شكرًا لكم!\n\n> الثلاثاء يناسبنا، بين التاسعة والثانية عشرة."),
    )),
    ("عرض السعر", (
        ("out", "صباح الخير،\n\nهذا هو العرض الذي تحدثنا عنه، وهو صالح حتى نهاية الشهر."),
        ("in", "شكرًا. لدينا سؤالان: هل يشمل العرض التركيب؟ ومن يدرّب فريقنا؟"),
    )),
    ("عنوان الفواتير", (("in", "نرجو إرسال الفواتير إلى قسم المحاسبة من الآن فصاعدًا."),)),
    ("شكرًا على الزيارة", (("out", "سعدنا برؤية مكتبكم الجديد. سأكتب ما اتفقنا عليه."),)),
)  # fmt: skip


def fill(tenant: Tenant) -> None:
    """A shared mailbox that looks nowhere, and its conversations with the first contacts that have an address."""
    session = db.session()
    if session.scalar(select(Mailbox.id).limit(1)) is not None:
        return
    address = f"sales@{tenant.slug}.example"
    box = Mailbox(
        email=address, audience=SHARED, host="imap.example.com", port=993, security="tls", username=address,
        since=(utcnow() - timedelta(days=30)).date(), is_active=False, state=WORKS, makes_contacts=False,
        has_password=False,
    )  # fmt: skip
    session.add(box)
    session.flush()
    told = _ARABIC if tenant.locale.startswith("ar") else _ENGLISH
    channel = ContactChannel
    with_address = select(Contact, channel.value).join(channel, channel.contact_id == Contact.id)  # type: ignore[attr-defined]
    people = session.execute(with_address.where(channel.kind == "email").order_by(Contact.id).limit(len(told))).all()
    for number, ((contact, email), (subject, mails)) in enumerate(zip(people, told, strict=False)):
        _conversation(box, contact, email, subject, mails, number)


def _conversation(
    box: Mailbox, contact: Contact, email: str, subject: str, mails: tuple[tuple[str, str], ...], number: int
) -> None:
    session, conversation, first = db.session(), uuid7(), f"<demo-{contact.id}-0@example.com>"
    for at, (direction, text) in enumerate(mails):
        them, us = (email.lower(), contact.full_name), (box.email, "")
        sender, receiver = (them, us) if direction == IN else (us, them)
        parties = (Party("from", *sender), Party("to", *receiver))
        key = f"<demo-{contact.id}-{at}@example.com>"
        mail = Mail(
            subject=subject if at == 0 else f"Re: {subject}", from_name=sender[1] or None, from_email=sender[0],
            direction=direction, kind="mail", at=utcnow() - timedelta(days=number, hours=(len(mails) - at) * 3),
            people=people_of(parties), body=text, message_id=key, root=first, conversation=conversation,
            digest=hashlib.sha256(key.encode()).hexdigest(),
        )  # fmt: skip
        session.add(mail)
        session.flush()
        add_parties(session, mail, parties, {email.lower(): contact.id})
        session.add(MailCopy(mail_id=mail.id, mailbox_id=box.id))
        follow(session, mail, box.id, contact.id, contact.full_name)
