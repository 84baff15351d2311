"""What became of a mail of ours: said to the rest of the house, or to who wrote it."""

from __future__ import annotations

from sqlalchemy import select

from app.data import db
from app.events import publish
from app.host import Occurrence
from app.mailboxes import fetching
from app.mailboxes.happenings import MailSent
from app.mailboxes.models import Mail, MailCopy, MailParty
from app.mailboxes.telling import tell_not_sent
from app.messaging.happenings import MessageSettled
from app.messaging.models import FAILED, SENT, OutboundMessage


def hear(happened: MessageSettled, told: Occurrence) -> None:
    """The handler. A mail that was taken back is there no more."""
    session = db.session()
    mail = session.scalar(select(Mail).where(Mail.outgoing_id == happened.message_id))
    message = session.get(OutboundMessage, happened.message_id)
    if mail is None or message is None:
        return
    if happened.state == SENT:
        _sent(mail, message)
    elif happened.state == FAILED:
        mail.problem = message.error
        tell_not_sent(session, mail)


def _sent(mail: Mail, message: OutboundMessage) -> None:
    """It is news for each contact it went to; and the mailbox shows it among what was sent."""
    session = db.session()
    mail.at = message.sent_at or mail.at
    mail.problem = "\n".join(message.data.get("refused", ()))[:2_000] or None
    parties = select(MailParty.contact_id).where(MailParty.mail_id == mail.id, MailParty.contact_id.is_not(None))
    for contact_id in dict.fromkeys(session.scalars(parties)):
        if contact_id is not None:
            publish(MailSent(mail.id, contact_id, mail.at), aggregate=mail)
    for mailbox_id in session.scalars(select(MailCopy.mailbox_id).where(MailCopy.mail_id == mail.id)):
        fetching.ask(mailbox_id)
