"""Notices as e-mail, at once or once a day: in the receiver's language, under the receiver's rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import current_tenant_id, db, utcnow
from app.host import JobRun
from app.identity.acting import find_acting
from app.jobs import enqueue
from app.messaging.letters import letter
from app.messaging.models import Notification
from app.messaging.notifying import MAIL_JOB
from app.messaging.outbox import send_mail
from app.messaging.reach import is_told, reached
from app.messaging.receivers import Receiver, deliveries, receivers

WANTED, DIGEST, DONE, NONE = "wanted", "digest", "done", "none"
SHOWN = 50
"""Notices in one digest; the page has them all."""


def mail_notices(run: JobRun, ids: Sequence[str]) -> int:
    """The job that decides, when notices are due, how their receivers hear of them, and mails those that want mail."""
    session, sent = db.session(), 0
    statement = select(Notification).where(
        Notification.id.in_([UUID(one) for one in ids]), Notification.mail == WANTED, Notification.due_at <= utcnow()
    )
    for notice in session.scalars(statement.order_by(Notification.id).with_for_update()).all():
        [*found] = receivers([notice.member_id])
        wish = deliveries([notice.member_id], notice.kind)[notice.member_id]
        if not found or wish == "off":
            session.delete(notice)
        elif wish == "email" and notice.read_at is None:
            sent += _mail(session, found[0], [notice], digest=False)
        else:
            notice.mail = DIGEST if wish == "digest" else NONE
        session.flush()
    return sent


def mail_digests(run: JobRun) -> int:
    """The daily job: one mail to every member who has unread notices for it. Returns how many."""
    session, sent = db.session(), 0
    statement = select(Notification).where(Notification.mail == DIGEST, Notification.due_at <= utcnow())
    rows = session.scalars(statement.order_by(Notification.member_id, Notification.due_at).with_for_update()).all()
    for member_id, group in groupby(rows, key=lambda notice: notice.member_id):
        notices = list(group)
        unread = [notice for notice in notices if notice.read_at is None]
        for receiver in receivers([member_id]) if unread else ():
            sent += _mail(session, receiver, unread, digest=True)
        for notice in notices:
            notice.mail = DONE
        session.flush()
        run.check()
    return sent


def _mail(session: Session, receiver: Receiver, notices: list[Notification], *, digest: bool) -> int:
    """Mail what of these the receiver may read today. Returns 1, or 0 when that is nothing."""
    person = find_acting(receiver.account_uid, current_tenant_id()).principal
    within = reached(session, person, notices) if person is not None else {}
    told = [notice for notice in notices if person is not None and is_told(notice, within)]
    for notice in notices:
        notice.mail = DONE
    if not told:
        return 0
    with force_locale(receiver.locale):
        written = letter(session, receiver, told[:SHOWN], more=len(told) - SHOWN, digest=digest)
    send_mail(
        receiver.email,
        written.subject,
        written.text,
        written.html,
        name=receiver.name,
        dedupe=f"digest:{told[-1].id}" if digest else f"notice:{told[0].id}",
        headers=written.headers,
    )
    return 1


def wake_forgotten(session: Session) -> None:
    """Notices whose job was lost, or cancelled by somebody, get another one."""
    late = utcnow() - timedelta(minutes=5)
    statement = select(Notification.id).where(Notification.mail == WANTED, Notification.due_at < late).limit(1_000)
    forgotten = [str(one) for one in session.scalars(statement)]
    for start in range(0, len(forgotten), 50):
        enqueue(MAIL_JOB, forgotten[start : start + 50])
