"""Mails that lie in no mailbox any more, because it was deleted: nobody could see them, so they go."""

from __future__ import annotations

from sqlalchemy import delete, exists, select

from app.data import db
from app.host import JobRun
from app.mailboxes.models import Mail, MailCopy, MailThread

MANY, STEP = 10_000, 100


def tidy(run: JobRun) -> int:
    """The nightly job. Returns how many went."""
    lost_threads = delete(MailThread).where(MailThread.mailbox_id.is_(None))
    db.session.execute(lost_threads, execution_options={"synchronize_session": False})
    gone = 0
    while gone < MANY:
        lost = select(Mail).where(~exists().where(MailCopy.mail_id == Mail.id)).order_by(Mail.id).limit(STEP)
        found = db.session.scalars(lost).all()
        for mail in found:  # one by one, so that their files go too
            db.session.delete(mail)
        db.session.commit()
        gone += len(found)
        run.check()
        if len(found) < STEP:
            break
    return gone
