"""What members hear of mails: one came, one did not arrive, a mailbox does not work any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.mailboxes.models import SHARED, Mail, Mailbox, MailCopy, MailThread
from app.messaging.notifying import notify
from app.messaging.receivers import members_with_role
from app.tenancy.models import Membership

RECEIVED, BOUNCED, STOPPED = "mailboxes.received", "mailboxes.bounced", "mailboxes.stopped"


def tell_received(session: Session, mailbox: Mailbox, mail: Mail, contact_id: UUID) -> None:
    """Whoever looks after the conversation or the contact hears of a mail in a shared mailbox; who has a mailbox of
    their own has a program for it."""
    if mailbox.audience != SHARED or mailbox.owner_id is not None:
        return
    thread = MailThread.mailbox_id == mailbox.id, MailThread.conversation == mail.conversation
    assigned = session.scalar(select(MailThread.assigned_to_id).where(*thread))
    contact: Any = Contact
    keeper = assigned or session.scalar(select(contact.assigned_to_id).where(contact.id == contact_id))
    if keeper is not None:
        who = mail.from_name or mail.from_email
        title = _l("Mail from %(who)s: %(subject)s", who=who, subject=mail.subject)
        notify(keeper, RECEIVED, title, target=mail, dedupe=f"{mail.id}:received")


def tell_bounced(session: Session, mailbox: Mailbox, mail: Mail) -> None:
    """Whoever wrote it hears that it did not arrive."""
    title = _l("Your mail did not arrive: %(subject)s", subject=mail.subject)
    notify(
        _author(session, mailbox, mail), BOUNCED, title, mail.problem or "", target=mail, dedupe=f"{mail.id}:bounced"
    )


def tell_not_sent(session: Session, mail: Mail) -> None:
    """Whoever wrote it hears that it could not be sent."""
    mailbox = session.scalars(
        select(Mailbox).join(MailCopy, MailCopy.mailbox_id == Mailbox.id).where(MailCopy.mail_id == mail.id).limit(1)
    ).one()
    title = _l("Your mail was not sent: %(subject)s", subject=mail.subject)
    notify(_author(session, mailbox, mail), BOUNCED, title, mail.problem or "", target=mail, dedupe=f"{mail.id}:failed")


def tell_stopped(session: Session, mailbox: Mailbox) -> None:
    """Its owner, or whoever sees to shared ones, hears that a mailbox is not looked into any more."""
    title = _l("The mailbox %(address)s does not work any more", address=mailbox.email)
    notify(_keepers(mailbox), STOPPED, title, mailbox.last_error or "", target=mailbox)


def _author(session: Session, mailbox: Mailbox, mail: Mail) -> Iterable[UUID]:
    wrote = select(Membership.id).where(Membership.account_uid == mail.created_by, Membership.left_at.is_(None))  # type: ignore[union-attr]
    author = session.scalar(wrote) if mail.created_by is not None else None
    return [author] if author is not None else _keepers(mailbox)


def _keepers(mailbox: Mailbox) -> list[UUID]:
    return [mailbox.owner_id] if mailbox.owner_id is not None else members_with_role("owner", "admin")
