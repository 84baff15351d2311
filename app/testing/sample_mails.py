"""Mails of the samples, as they come and go: laid into a shared mailbox, with a contact, followed by a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.mailboxes.keeping import add_parties, people_of
from app.mailboxes.models import OUT, Mail, Mailbox, MailCopy, MailThread
from app.mailboxes.parsing import Party
from app.mailboxes.threads import follow
from app.tenancy.models import Membership

if TYPE_CHECKING:
    from app.testing.samples import Samples


def a_mail(samples: Samples, session: Session, marker: str, given: Mapping[str, Any]) -> Mail:
    """A mail from or to a contact of whoever writes: who may not read the contact does not see it."""
    contact, box = samples.related(session, Contact, marker), samples.related(session, Mailbox, marker)
    return _arrived(samples, session, marker, given, contact, box)


def a_thread(samples: Samples, session: Session, marker: str, given: Mapping[str, Any]) -> MailThread:
    """The conversation that such a mail begins in its mailbox, given to whoever writes."""
    contact = _one(samples, session, Contact, marker, given.get("contact_id"))
    box = _one(samples, session, Mailbox, marker, given.get("mailbox_id"))
    mail = _arrived(samples, session, marker, {}, contact, box)
    row = session.scalars(select(MailThread).where(MailThread.conversation == mail.conversation)).one()
    row.assigned_to_id = samples.related(session, Membership, marker).id
    for name, value in given.items():
        setattr(row, name, value)
    session.flush()
    return row


def _one(samples: Samples, session: Session, model: Any, marker: str, key: UUID | None) -> Any:
    return samples.related(session, model, marker) if key is None else session.get_one(model, key)


def _arrived(
    samples: Samples, session: Session, marker: str, given: Mapping[str, Any], contact: Contact, box: Mailbox
) -> Mail:
    mail: Mail = samples.plain(session, Mail, marker, **given)
    outside = mail.from_email
    sender, receiver = (box.email, outside) if mail.direction == OUT else (outside, box.email)
    parties = Party("from", sender, ""), Party("to", receiver, "")
    mail.from_email, mail.people = sender, f"{people_of(parties)} {mail.people}"
    mail.html = Markup("<p>{}</p>").format(mail.body)
    add_parties(session, mail, parties, {outside: contact.id})
    session.add(MailCopy(mail_id=mail.id, mailbox_id=box.id))
    follow(session, mail, box.id, contact.id, contact.full_name)
    return mail
