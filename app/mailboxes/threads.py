"""Which mails make a conversation, and how it stands in each mailbox."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.data import uuid7
from app.mailboxes.models import MAIL, OUT, Mail, MailParty, MailThread
from app.mailboxes.parsing import Head

EXCERPT = 200


def conversation_of(session: Session, head: Head, outsiders: Iterable[str]) -> UUID:
    """The conversation that a mail belongs to by what it answers, or a new one.

    Anybody can claim to answer anything: whoever was no party of a conversation does not get into it.
    """
    named = [*head.references, *([head.in_reply_to] if head.in_reply_to else ())]
    claims = or_(Mail.message_id.in_(named), Mail.root.in_([*named, head.message_id]))
    known = select(MailParty.mail_id).where(MailParty.email.in_(list(outsiders)))
    in_it = select(Mail.conversation).where(claims)
    statement = select(Mail.conversation).where(Mail.conversation.in_(in_it), Mail.id.in_(known))
    found: UUID | None = session.scalar(statement.order_by(Mail.at, Mail.id).limit(1))
    return found if found is not None else uuid7()


def follow(session: Session, mail: Mail, mailbox_id: UUID, contact_id: UUID | None, who: str) -> MailThread:
    """Note a mail in the conversation of a mailbox: what came last says how it stands. Flushes."""
    wanted = MailThread.mailbox_id == mailbox_id, MailThread.conversation == mail.conversation
    thread = session.scalar(select(MailThread).where(*wanted).with_for_update())
    if thread is None:
        thread = MailThread(
            mailbox_id=mailbox_id, conversation=mail.conversation, subject=mail.subject, who=who[:255], excerpt="",
            last_at=mail.at, is_unread=False, is_waiting=False,
        )  # fmt: skip
        session.add(thread)
        is_last = True
    else:
        is_last = mail.at >= thread.last_at
    thread.contact_id = thread.contact_id or contact_id
    if is_last:
        _stands_at(thread, mail, is_word=contact_id is not None)
    session.flush()
    return thread


def _stands_at(thread: MailThread, mail: Mail, *, is_word: bool) -> None:
    thread.last_at, thread.subject = mail.at, mail.subject
    thread.excerpt = " ".join(mail.body[:2_000].split())[:EXCERPT]
    if mail.direction == OUT:
        thread.is_unread = thread.is_waiting = False
    elif mail.kind == MAIL and is_word:
        thread.is_unread = thread.is_waiting = True
