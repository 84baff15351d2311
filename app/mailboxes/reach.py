"""Who sees which mails: those of one's own mailbox, and of shared ones what is with contacts within one's reach.

Of a private mailbox nobody else sees anything: not even that there was a mail.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from app.contacts.models import Contact
from app.data import db
from app.host import registry
from app.identity.principal import Principal
from app.mailboxes.models import SHARED, Mail, Mailbox, MailCopy, MailParty, MailThread
from app.screens.reading import Surface

CONTACT = "contacts.contact"


def readable_mails(person: Principal) -> ColumnElement[bool]:
    """The rule for mails."""
    lies_in = exists().where(MailCopy.mail_id == Mail.id)
    own = lies_in.where(MailCopy.mailbox_id.in_(_own(person)))
    shared = lies_in.where(MailCopy.mailbox_id.in_(_shared()))
    within = _within(person)
    if within is not None:
        with_them = exists().where(MailParty.mail_id == Mail.id, MailParty.contact_id.in_(within))
        return or_(own, and_(shared, with_them))
    return or_(own, shared)


def readable_threads(person: Principal) -> ColumnElement[bool]:
    """The rule for conversations."""
    own, shared = MailThread.mailbox_id.in_(_own(person)), MailThread.mailbox_id.in_(_shared())
    within = _within(person)
    return or_(own, shared) if within is None else or_(own, and_(shared, MailThread.contact_id.in_(within)))


def writable_boxes(person: Principal) -> list[Any]:
    """What a mailbox must be for a person to write by it: active, with a sender, their own or shared."""
    box = Mailbox
    theirs = or_(box.owner_id == person.membership_id, and_(box.owner_id.is_(None), box.audience == SHARED))
    return [box.is_active, box.account_id.is_not(None), theirs]


def _own(person: Principal) -> Any:
    return select(Mailbox.id).where(Mailbox.owner_id == person.membership_id)


def _shared() -> Any:
    return select(Mailbox.id).where(Mailbox.audience == SHARED)


def _within(person: Principal) -> Any:
    """The contacts within reach; None where that is all of them."""
    surface = Surface(registry().entries[CONTACT], db.session(), person)
    if not surface.may("read"):
        return select(Contact.id).where(false())
    rules = surface.row_rules()
    return select(Contact.id).where(*rules) if rules else None
