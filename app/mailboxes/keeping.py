"""What is kept of the mails of a mailbox: those with a contact, once each, with their parties, files, conversation."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.contacts.matching import Known, contact_for
from app.contacts.models import Contact, ContactChannel
from app.events import publish
from app.files.services import Refused, attach
from app.mailboxes.bounces import take_bounce
from app.mailboxes.happenings import MailReceived, MailSent
from app.mailboxes.models import BOUNCE, IN, MAIL, OUT, SHARED, Mail, Mailbox, MailCopy, MailFolder, MailParty
from app.mailboxes.parsing import Head, Party, Piece, Read
from app.mailboxes.telling import tell_received
from app.mailboxes.threads import conversation_of, follow
from app.tenancy.models import Membership

log = logging.getLogger(__name__)
KEY = "mailboxes.mail"
Contacts = Mapping[str, UUID]
"""Contacts by their addresses."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mail in a folder of a mailbox."""

    mailbox: Mailbox
    folder: MailFolder
    uid: int
    arrived: datetime
    is_sent: bool


def our_addresses(session: Session) -> frozenset[str]:
    """Those of members and mailboxes: mails among them alone are nobody's business here."""
    members = select(Membership.email).where(Membership.left_at.is_(None))  # type: ignore[union-attr]
    found = [*session.scalars(members), *session.scalars(select(Mailbox.email))]
    return frozenset(one.lower() for one in found if one)


def contacts_in(session: Session, head: Head, ours: Iterable[str]) -> Contacts:
    """The contacts whom a mail is from or to, by address; an address that several share stands for the first."""
    outside = {one.email for one in head.parties} - set(ours)
    if not outside:
        return {}
    channel: Any = ContactChannel
    statement = select(channel.value_normalised, channel.contact_id).join(Contact, Contact.id == channel.contact_id)
    mine = channel.kind == "email", channel.value_normalised.in_(outside), Contact.is_live()
    found: dict[str, UUID] = {}
    for address, contact_id in session.execute(statement.where(*mine).order_by(channel.id)):
        found.setdefault(address, contact_id)
    return found


def newcomer(found: Found, head: Head, ours: Iterable[str]) -> Contacts:
    """A contact made of somebody unknown who writes to a shared mailbox, where it is wanted."""
    box, sender = found.mailbox, head.sender
    wanted = box.makes_contacts and box.audience == SHARED and not found.is_sent and head.kind == MAIL
    if not wanted or not sender.email or sender.email in ours:
        return {}
    first, _blank, last = sender.name.partition(" ")
    values = {"source": "e-mail"}
    contact, _is_new = contact_for(Known(first or sender.email, last, "", (("email", sender.email),), values))
    return {sender.email: contact.id}


def bounced(session: Session, found: Found, read: Read) -> bool:
    """A report of a server about a mail of ours is noted there, and not kept itself. Never a mail that is kept."""
    take_bounce(session, found.mailbox, read)
    return False


def keep(session: Session, found: Found, read: Read, contacts: Contacts, left_out: str = "") -> Mail | None:
    """Keep a mail, or note that one that is kept lies here too. Flushes. Returns the mail if it is a new one."""
    if read.head.kind == BOUNCE and take_bounce(session, found.mailbox, read):
        return None
    if _is_ours(session, found, read.head):
        return None
    mail = session.scalar(select(Mail).where(Mail.digest == read.digest))
    is_new = mail is None
    if mail is None:
        try:
            with session.begin_nested():
                mail = _new_mail(session, found, read, contacts, left_out)
        except IntegrityError:  # another mailbox got it in this very moment
            mail, is_new = session.scalars(select(Mail).where(Mail.digest == read.digest)).one(), False
    if not _lay_into(session, mail, found):
        return None
    sender = contacts.get(mail.from_email)
    first = sender or next(iter(contacts.values()), None)
    follow(session, mail, found.mailbox.id, sender if mail.direction == IN else first, who(read.head, contacts))
    if is_new:
        _files(session, mail, read.files)
        _tell(session, found, mail, contacts)
    return mail if is_new else None


def _is_ours(session: Session, found: Found, head: Head) -> bool:
    """A mail that was written here comes back in the sent folder: it lies there now."""
    if head.sender.email != found.mailbox.email.lower():
        return False
    written = select(MailCopy).join(Mail, Mail.id == MailCopy.mail_id)
    here = Mail.message_id == head.message_id, Mail.outgoing_id.is_not(None), MailCopy.mailbox_id == found.mailbox.id
    copy = session.scalar(written.where(*here).limit(1))
    if copy is None:
        return False
    if not copy.uid and found.is_sent:
        copy.folder_id, copy.uid = found.folder.id, found.uid
        session.flush()
    return True


def _new_mail(session: Session, found: Found, read: Read, contacts: Contacts, left_out: str) -> Mail:
    head = read.head
    mail = Mail(
        subject=head.subject or _("(no subject)"), from_name=head.sender.name or None, from_email=head.sender.email,
        direction=OUT if found.is_sent else IN, kind=head.kind, at=min(head.at or found.arrived, found.arrived),
        people=people_of(head.parties), body=read.text, html=read.html or None, message_id=head.message_id,
        in_reply_to=head.in_reply_to or None, reply_to=head.reply_to or None,
        references=" ".join(head.references) or None, root=head.root,
        digest=read.digest, conversation=conversation_of(session, head, contacts), left_out=left_out or None,
    )  # fmt: skip
    session.add(mail)
    session.flush()
    add_parties(session, mail, head.parties, contacts)
    return mail


def people_of(parties: Iterable[Party]) -> str:
    """Everybody's name and address, once."""
    return ", ".join(dict.fromkeys(f"{one.name} {one.email}".strip() for one in parties))[:5_000]


def add_parties(session: Session, mail: Mail, parties: Iterable[Party], contacts: Contacts) -> None:
    """The rows of everybody in a mail. Flushes."""
    for one in parties:
        session.add(
            MailParty(
                mail_id=mail.id, role=one.role, email=one.email, name=one.name or None,
                contact_id=contacts.get(one.email),
            )
        )  # fmt: skip
    session.flush()


def _lay_into(session: Session, mail: Mail, found: Found) -> bool:
    """Whether it was not known yet that the mail lies in this mailbox."""
    here = MailCopy.mail_id == mail.id, MailCopy.mailbox_id == found.mailbox.id
    if session.scalar(select(MailCopy.id).where(*here)) is not None:
        return False
    session.add(MailCopy(mail_id=mail.id, mailbox_id=found.mailbox.id, folder_id=found.folder.id, uid=found.uid))
    session.flush()
    return True


def who(head: Head, contacts: Contacts) -> str:
    """Whom the conversation is with, in a few words."""
    named = [one.name or one.email for one in head.parties if one.email in contacts]
    return ", ".join(dict.fromkeys(named))[:255] or head.sender.email


def _files(session: Session, mail: Mail, files: Iterable[Piece]) -> None:
    """Hang the files on the mail; which are not taken is said on it, and why."""
    refused = [mail.left_out] if mail.left_out else []
    for piece in files:
        try:
            attach(session, KEY, mail.id, BytesIO(piece.content), piece.name)
        except Refused as error:
            refused.append(f"{piece.name}: {error}")
    mail.left_out = "\n".join(refused)[:2_000] or None
    session.flush()


def _tell(session: Session, found: Found, mail: Mail, contacts: Contacts) -> None:
    """What was written after the mailbox was connected is news; what is read in of the past is not."""
    if mail.at < found.mailbox.created_at or mail.kind != MAIL:
        return
    if mail.direction == OUT:
        for contact_id in dict.fromkeys(contacts.values()):
            publish(MailSent(mail.id, contact_id, mail.at), aggregate=mail)
    elif (sender := contacts.get(mail.from_email)) is not None:
        publish(MailReceived(mail.id, sender, mail.at), aggregate=mail)
        tell_received(session, found.mailbox, mail, sender)
