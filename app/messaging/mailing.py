"""Notices by the channels that leave the house, at once or once a day: in the receiver's language, under the receiver's
rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import current_tenant_id, db, utcnow
from app.host import Channel, JobRun
from app.identity.acting import find_acting
from app.jobs import enqueue
from app.messaging.letters import Letter, letter, notice_address
from app.messaging.models import Notification
from app.messaging.notifying import MAIL_JOB
from app.messaging.outbox import send_by, send_mail
from app.messaging.reach import is_told, reached
from app.messaging.receivers import Receiver, receivers
from app.messaging.ways import at_once, daily, member_address, wishes

WANTED, DIGEST, DONE, NONE = "wanted", "digest", "done", "none"
SHOWN = 50
"""Notices in one digest; the page has them all."""


def mail_notices(run: JobRun, ids: Sequence[str]) -> int:
    """The job that decides, when notices are due, how their receivers hear of them, and writes to those who want it."""
    session, sent = db.session(), 0
    statement = select(Notification).where(
        Notification.id.in_([UUID(one) for one in ids]), Notification.mail == WANTED, Notification.due_at <= utcnow()
    )
    for notice in session.scalars(statement.order_by(Notification.id).with_for_update()).all():
        [*found] = receivers([notice.member_id])
        named = wishes([notice.member_id], notice.kind)[notice.member_id]
        channels = at_once(named)
        if not found or not named:
            session.delete(notice)
            continue
        if channels and notice.read_at is None:
            sent += _tell(session, found[0], notice, channels)
        # What went out as a letter is not told again in the morning.
        is_left = daily(named) and not any(one.letter for one in channels)
        notice.mail = DIGEST if is_left else DONE if channels else NONE
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
            sent += _digest(session, receiver, unread)
        for notice in notices:
            notice.mail = DONE
        session.flush()
        run.check()
    return sent


def _tell(session: Session, receiver: Receiver, notice: Notification, channels: Sequence[Channel]) -> int:
    """Write to the receiver by each of these channels, if they may read it today. Returns how many messages."""
    if not _within_reach(session, receiver, [notice]):
        return 0
    sent = 0
    for channel in channels:
        address = member_address(receiver, channel)
        if not address:
            continue
        with force_locale(receiver.locale):
            if channel.letter:
                written = letter(session, receiver, [notice], more=0, digest=False)
                _post(receiver, written, f"notice:{notice.id}")
            else:
                link, key = notice_address(session, notice), f"notice:{notice.id}:{channel.name}"
                send_by(
                    channel.name, address, notice.title, notice.body or "", link=link, name=receiver.name, dedupe=key
                )
        sent += 1
    return sent


def _digest(session: Session, receiver: Receiver, notices: list[Notification]) -> int:
    """One mail about what of these the receiver may read today. Returns 1, or 0 when that is nothing."""
    told = _within_reach(session, receiver, notices)
    if not told:
        return 0
    with force_locale(receiver.locale):
        written = letter(session, receiver, told[:SHOWN], more=len(told) - SHOWN, digest=True)
    _post(receiver, written, f"digest:{told[-1].id}")
    return 1


def _within_reach(session: Session, receiver: Receiver, notices: list[Notification]) -> list[Notification]:
    person = find_acting(receiver.account_uid, current_tenant_id()).principal
    if person is None:
        return []
    within = reached(session, person, notices)
    return [notice for notice in notices if is_told(notice, within)]


def _post(receiver: Receiver, written: Letter, key: str) -> None:
    send_mail(
        receiver.email,
        written.subject,
        written.text,
        written.html,
        name=receiver.name,
        dedupe=key,
        headers=written.headers,
    )


def wake_forgotten(session: Session) -> None:
    """Notices whose job was lost, or cancelled by somebody, get another one."""
    late = utcnow() - timedelta(minutes=5)
    statement = select(Notification.id).where(Notification.mail == WANTED, Notification.due_at < late).limit(1_000)
    forgotten = [str(one) for one in session.scalars(statement)]
    for start in range(0, len(forgotten), 50):
        enqueue(MAIL_JOB, forgotten[start : start + 50])
