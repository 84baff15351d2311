"""A mail of ours did not arrive: noted on that mail, and told to who wrote it.

Reports can be forged, so one counts only for a mail that left this mailbox, and for an address that it went to.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mailboxes.models import OUT, Mail, Mailbox, MailCopy, MailParty
from app.mailboxes.parsing import Read
from app.mailboxes.telling import tell_bounced


def take_bounce(session: Session, mailbox: Mailbox, read: Read) -> bool:
    """Note a delivery report. False when it is about no mail of ours. Flushes."""
    if not read.answers:
        return False
    lies_here = select(MailCopy.mail_id).where(MailCopy.mailbox_id == mailbox.id)
    ours = Mail.message_id == read.answers, Mail.direction == OUT, Mail.id.in_(lies_here)
    mail = session.scalar(select(Mail).where(*ours).limit(1))
    if mail is None:
        return False
    went_to = set(
        session.scalars(select(MailParty.email).where(MailParty.mail_id == mail.id, MailParty.role != "from"))
    )
    failed = [one for one in read.failed if one in went_to]
    if failed and mail.problem is None:
        reason = read.reason or _("no reason given")
        mail.problem = _("Not delivered to %(who)s: %(reason)s", who=", ".join(failed), reason=reason)[:2_000]
        session.flush()
        tell_bounced(session, mailbox, mail)
    return True
