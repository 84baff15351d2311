"""A mail that one of us writes: checked, kept beside the conversation it belongs to, and given to the queue of mail.

It waits there for a few seconds, in which it can be taken back, or until its time has come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import note
from app.contacts.models import Suppression
from app.data import utcnow, uuid7
from app.files.kinds import mime_of
from app.files.models import Attachment, FileObject
from app.files.services import Refused, attach
from app.files.stores import store
from app.host import FieldError
from app.identity.principal import Principal
from app.mailboxes import keeping, wording
from app.mailboxes.models import OUT, Mail, Mailbox, MailCopy, MailParty, MailThread
from app.mailboxes.parsing import Head, Party
from app.mailboxes.reach import writable_boxes
from app.mailboxes.threads import conversation_of, follow
from app.messaging.composing import Attached, ascii_address, one_line
from app.messaging.models import FAILED, PENDING, OutboundMessage
from app.messaging.outbox import LARGEST, own_name, send_mail

UNDO = timedelta(seconds=10)
"""How long a mail can be taken back after it was sent off."""
MOST = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote. `answers` is what it replies to; `files` are (name, content)."""

    mailbox_id: UUID | None
    to: tuple[str, ...]
    subject: str
    text: str
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    answers: Mail | None = None
    files: tuple[tuple[str, bytes], ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    mailbox: Mailbox
    parties: tuple[Party, ...] = field(default=())

    def addresses(self, role: str) -> list[str]:
        return [one.email for one in self.parties if one.role == role]


def boxes_for(session: Session, person: Principal) -> list[Mailbox]:
    """The mailboxes by which somebody may write, their own first."""
    found = session.scalars(select(Mailbox).where(*writable_boxes(person)).order_by(Mailbox.owner_id, Mailbox.email))
    return list(found)


def write(session: Session, person: Principal, draft: Draft) -> Mail:
    """Keep a mail and give it to the queue. Flushes; the edge commits. Raises FieldError for what cannot be sent."""
    checked = _checked(session, person, draft)
    head = _head(checked, draft)
    contacts = keeping.contacts_in(session, head, keeping.our_addresses(session))
    if not contacts:
        raise FieldError("to", _("None of these addresses is of a contact: add the contact first."))
    mail = _row(session, checked, draft, head, contacts)
    attached = _attach(session, mail, draft.files)
    mail.outgoing_id = _give_to_queue(session, checked, draft, head, attached)
    session.add(MailCopy(mail_id=mail.id, mailbox_id=checked.mailbox.id))
    session.flush()
    first = next(contacts[one.email] for one in checked.parties if one.email in contacts)
    follow(session, mail, checked.mailbox.id, first, keeping.who(head, contacts))
    note("mailboxes.mail.send", mail, {"to": [one.email for one in checked.parties if one.role != "from"]})
    return mail


def _checked(session: Session, person: Principal, draft: Draft) -> _Checked:
    allowed = select(Mailbox).where(Mailbox.id == draft.mailbox_id, *writable_boxes(person))
    mailbox = session.scalar(allowed) if draft.mailbox_id is not None else None
    if mailbox is None:
        raise FieldError("mailbox", _("Choose a mailbox by which you may write."))
    if not one_line(draft.subject):
        raise FieldError("subject", _("A mail needs a subject."))
    if not draft.text.strip():
        raise FieldError("text", _("Please write something."))
    if "{{" in draft.text or "{{" in draft.subject:
        raise FieldError("text", _("Something between braces is not filled in yet."))
    if draft.at is not None and draft.at < utcnow() - timedelta(minutes=5):
        raise FieldError("at", _("This moment has passed."))
    checked = _Checked(mailbox, tuple(_parties(draft)))
    if not checked.addresses("to"):
        raise FieldError("to", _("Please say who gets it."))
    _refuse_suppressed(session, checked)
    return checked


def _parties(draft: Draft) -> list[Party]:
    found: dict[str, Party] = {}
    for role, given in (("to", draft.to), ("cc", draft.cc), ("bcc", draft.bcc)):
        for one in given:
            try:
                address = ascii_address(one)
            except ValueError as error:
                raise FieldError(role, str(error)) from None
            found.setdefault(address, Party(role, address, ""))
    if len(found) > MOST:
        raise FieldError("to", _("A mail goes to %(most)s addresses at most.", most=MOST))
    return list(found.values())


def _refuse_suppressed(session: Session, checked: _Checked) -> None:
    wanted = [one.email for one in checked.parties]
    kinds = Suppression.channel.in_(("email", "any"))
    suppressed = session.scalar(select(Suppression.value).where(kinds, Suppression.value.in_(wanted)).limit(1))
    if suppressed is not None:
        role = next(one.role for one in checked.parties if one.email == suppressed)
        raise FieldError(role, _("%(address)s is on the suppression list: nobody may write there.", address=suppressed))


def _head(checked: _Checked, draft: Draft) -> Head:
    answered = draft.answers
    before = [*(answered.references or "").split(), answered.message_id] if answered is not None else []
    return Head(
        subject=one_line(draft.subject)[:255],
        parties=(Party("from", checked.mailbox.email, _sender_name(checked.mailbox)), *checked.parties),
        at=max(draft.at or utcnow(), utcnow()),
        message_id=f"<{uuid7()}@{own_name()}>",
        in_reply_to=answered.message_id if answered is not None else "",
        references=tuple(dict.fromkeys(before)),
        kind="mail",
    )


def _sender_name(mailbox: Mailbox) -> str:
    return (mailbox.account.sender_name or "") if mailbox.account is not None else ""


def _row(session: Session, checked: _Checked, draft: Draft, head: Head, contacts: keeping.Contacts) -> Mail:
    text, sender = draft.text.replace("\r\n", "\n").strip(), head.sender
    conversation = draft.answers.conversation if draft.answers is not None else None
    mail = Mail(
        subject=head.subject, from_name=sender.name or None, from_email=sender.email, direction=OUT, kind=head.kind,
        at=head.at, people=keeping.people_of(head.parties), body=text, message_id=head.message_id,
        in_reply_to=head.in_reply_to or None, references=" ".join(head.references) or None, root=head.root,
        digest=hashlib.sha256(f"own\0{head.message_id}".encode()).hexdigest(),
        conversation=conversation or conversation_of(session, head, ()),
    )  # fmt: skip
    session.add(mail)
    session.flush()
    keeping.add_parties(session, mail, head.parties, contacts)
    return mail


def _attach(session: Session, mail: Mail, files: Sequence[tuple[str, bytes]]) -> list[Attached]:
    """Hang the files on the mail. Raises FieldError for one that is not taken."""
    if sum(len(content) for _name, content in files) > LARGEST:
        raise FieldError("files", _("The files are larger than %(size)s MB together.", size=LARGEST // 1024 // 1024))
    found = []
    for name, content in files:
        try:
            attach(session, keeping.KEY, mail.id, BytesIO(content), name)
        except Refused as error:
            raise FieldError("files", f"{one_line(name)[:100]}: {error}") from None
        found.append(Attached(name, mime_of(name, BytesIO(content)) or "application/octet-stream", content))
    return found


def _give_to_queue(session: Session, checked: _Checked, draft: Draft, head: Head, attached: Sequence[Attached]) -> UUID:
    text = wording.with_signature(draft.text.replace("\r\n", "\n").strip(), checked.mailbox)
    first, *more = checked.addresses("to")
    answers = {"In-Reply-To": head.in_reply_to, "References": " ".join(head.references[-20:])}
    return send_mail(
        first, head.subject, text, wording.html_of(session, text), attachments=attached,
        at=draft.at if draft.at is not None and draft.at > utcnow() + UNDO else utcnow() + UNDO,
        headers={name: value for name, value in answers.items() if value and value.isascii()},
        account_id=checked.mailbox.account_id, more_to=more, cc=checked.addresses("cc"), bcc=checked.addresses("bcc"),
        tells=True, message_id=head.message_id,
    )  # fmt: skip


def files_of(session: Session, mail: Mail) -> tuple[tuple[str, bytes], ...]:
    """The files of a mail that is passed on."""
    hung = Attachment.target_type == keeping.KEY, Attachment.target_id == mail.id, Attachment.is_live()
    rows = select(Attachment.name, FileObject.storage_key).join(FileObject, FileObject.id == Attachment.file_id)
    found = []
    for name, key in session.execute(rows.where(*hung)):
        with store().open(key) as stream:
            found.append((name, stream.read()))
    return tuple(found)


def take_back(session: Session, mail: Mail) -> bool:
    """Take back a mail of ours that has not left yet: it is gone as if it had never been written. Flushes."""
    wanted = select(OutboundMessage).where(OutboundMessage.id == mail.outgoing_id).with_for_update()
    message = session.scalar(wanted.execution_options(populate_existing=True))
    if message is None or message.state != PENDING:
        return False
    message.state, message.error = FAILED, _("Somebody decided that it is not sent.")
    conversation, key = mail.conversation, mail.id
    note("mailboxes.mail.take_back", mail)
    session.delete(mail)
    session.flush()
    left = select(Mail.id).where(Mail.conversation == conversation, Mail.id != key).limit(1)
    if session.scalar(left) is None:
        for thread in session.scalars(select(MailThread).where(MailThread.conversation == conversation)):
            session.delete(thread)
    return True


def parties_of(session: Session, mails: Sequence[Mail]) -> dict[UUID, list[MailParty]]:
    """Everybody in these mails, by mail."""
    found: dict[UUID, list[MailParty]] = {}
    rows: Any = select(MailParty).where(MailParty.mail_id.in_([one.id for one in mails])).order_by(MailParty.id)
    for party in session.scalars(rows):
        found.setdefault(party.mail_id, []).append(party)
    return found
