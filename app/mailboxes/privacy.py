"""What mails know of a person, and what is left of them when the person is forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from app.contacts.models import Contact
from app.data import Record, db
from app.mailboxes.keeping import people_of
from app.mailboxes.models import Mail, MailParty, MailThread
from app.mailboxes.parsing import Party


def known_of(contact: Record) -> Mapping[str, Any]:
    """The mails that were with a contact."""
    rows = [
        {"at": one.at.isoformat(), "from": one.from_email, "with": one.people, "subject": one.subject, "text": one.body}
        for one in _theirs(contact)
    ]
    return {"mails": rows} if rows else {}


def forget(contact: Record) -> list[UUID]:
    """Mails that they wrote, or that were with them alone, are deleted; out of others their name and address go."""
    about = []
    for mail in _theirs(contact):
        about.append(mail.id)
        parties = db.session.scalars(select(MailParty).where(MailParty.mail_id == mail.id)).all()
        others = [one for one in parties if one.contact_id not in (None, contact.id)]
        if not others or any(one.role == "from" and one.contact_id == contact.id for one in parties):
            db.session.delete(mail)
        else:
            _take_out(mail, parties, contact.id)
    db.session.flush()
    _threads_without(contact.id)
    return about


def _take_out(mail: Mail, parties: Sequence[MailParty], contact_id: UUID) -> None:
    left = [one for one in parties if one.contact_id != contact_id]
    for one in parties:
        if one.contact_id == contact_id:
            db.session.delete(one)
    mail.people = people_of(Party(one.role, one.email, one.name or "") for one in left)


def _threads_without(contact_id: UUID) -> None:
    """Conversations that have no mail left go; the others are called after nobody."""
    quiet = {"synchronize_session": False}
    has_mails = select(Mail.id).where(Mail.conversation == MailThread.conversation).exists()
    theirs = MailThread.contact_id == contact_id
    db.session.execute(delete(MailThread).where(theirs, ~has_mails), execution_options=quiet)
    emptied = update(MailThread).where(theirs).values(who=_("Forgotten person"), contact_id=None, excerpt="")
    db.session.execute(emptied, execution_options=quiet)


def _theirs(contact: Record) -> list[Mail]:
    if not isinstance(contact, Contact):
        return []
    mine = select(MailParty.mail_id).where(MailParty.contact_id == contact.id)
    return list(db.session.scalars(select(Mail).where(Mail.id.in_(mine)).order_by(Mail.at, Mail.id)))
