"""What was sent from here comes to lie in the mailbox's sent folder, where its owner's mail program shows it.

Some providers do that by themselves, others do not: so the folder is looked at first, and a mail that is not there a
few minutes after it was sent is laid down, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import utcnow
from app.mailboxes.imap import Conversation
from app.mailboxes.models import Mail, Mailbox, MailCopy
from app.mailboxes.servers import keeps_sent
from app.messaging.composing import compose
from app.messaging.models import SENT, OutboundMessage

PATIENCE = timedelta(minutes=10)
"""How long a provider that keeps what it sends may take."""
MOST = 50
LAID = 0
"""The UID of a copy that was laid down, until the folder has said its own."""


def file_sent(session: Session, mailbox: Mailbox, folder: str, conversation: Conversation) -> None:
    """Lay down what is missing in the folder of sent mails, which is open. Commits after each."""
    for copy, message in _missing(session, mailbox):
        if not conversation.has(message.message_id):
            if keeps_sent(mailbox) and message.sent_at is not None and message.sent_at > utcnow() - PATIENCE:
                continue
            sender = message.account
            conversation.lay_down(folder, compose(message, mailbox.email, (sender and sender.sender_name) or ""))
        copy.uid = LAID if copy.uid is None else copy.uid
        session.commit()


def _missing(session: Session, mailbox: Mailbox) -> Sequence[tuple[MailCopy, OutboundMessage]]:
    rows = (
        select(MailCopy, OutboundMessage)
        .join(Mail, Mail.id == MailCopy.mail_id)
        .join(OutboundMessage, OutboundMessage.id == Mail.outgoing_id)
        .where(MailCopy.mailbox_id == mailbox.id, MailCopy.uid.is_(None), OutboundMessage.state == SENT)
    )
    return [(row[0], row[1]) for row in session.execute(rows.order_by(MailCopy.id).limit(MOST))]
