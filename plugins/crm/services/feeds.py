"""A person's agenda for their own calendar program, under a secret address that they can take back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.sdk import Member, _, as_member, reach, session, utcnow
from plugins.crm.models import Appointment, CalendarFeed, Lead, Task
from plugins.crm.services import ics, meetings
from plugins.crm.services.open_leads import is_open

BACK, AHEAD = timedelta(days=60), timedelta(days=365)
MOST = 1_000
READ_AGAIN = timedelta(minutes=10)
"""How often it is noted that the address was read."""


def new_key(member_id: UUID) -> str:
    """Make a person's address anew, which ends the one before. The key is shown this once: its hash is kept."""
    revoke(member_id)
    session.flush()
    key = secrets.token_urlsafe(32)
    session.add(CalendarFeed(member_id=member_id, name=_("Calendar"), key_hash=_hash(key)))
    return key


def revoke(member_id: UUID) -> bool:
    """End a person's address. Was there one?"""
    found = current(member_id)
    if found is not None:
        found.revoked_at = utcnow()
    return found is not None


def current(member_id: UUID) -> CalendarFeed | None:
    """The address a person has now."""
    mine = select(CalendarFeed).where(CalendarFeed.member_id == member_id, CalendarFeed.revoked_at.is_(None))
    return session.scalars(mine).one_or_none()


def read(key: str) -> bytes | None:
    """The agenda behind a key, as far as its person reaches it today; None for a key that is not, or no longer, one,
    and for people who have left."""
    mine = select(CalendarFeed).where(CalendarFeed.key_hash == _hash(key), CalendarFeed.revoked_at.is_(None))
    found = session.scalars(mine).one_or_none()
    member = session.get(Member, found.member_id) if found is not None else None
    if found is None or member is None:
        return None
    now = utcnow()
    try:
        with as_member(member.id):
            agenda = ics.feed(member.name, _meetings(member.id, now), _dues(member.id, now))
    except LookupError:
        return None
    if found.read_at is None or found.read_at < now - READ_AGAIN:
        found.read_at = now
    return agenda


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _meetings(member_id: UUID, now: datetime) -> Iterator[ics.Meeting]:
    found = select(Appointment).where(
        Appointment.assignee_id == member_id, Appointment.scheduled_at > now - BACK,
        Appointment.scheduled_at < now + AHEAD, Appointment.status != "no_answer", *reach(Appointment).readable(),
    )  # fmt: skip
    for row in session.scalars(found.order_by(Appointment.scheduled_at).limit(MOST)):
        yield meetings.meeting_of(row)


def _dues(member_id: UUID, now: datetime) -> Iterator[ics.Due]:
    host = meetings.host()
    leads = select(Lead.id, Lead.title, Lead.next_follow_up_at, Lead.updated_at).where(
        Lead.assigned_to_id == member_id, *is_open(), Lead.next_follow_up_at.between(now - BACK, now + AHEAD),
        *reach(Lead).readable(),
    )  # fmt: skip
    for row in session.execute(leads.order_by(Lead.next_follow_up_at).limit(MOST)):
        title = _("Follow up: %(what)s", what=row.title)
        yield ics.Due(ics.uid_of(row.id, host), row.updated_at, row.next_follow_up_at, title)
    tasks = select(Task.id, Task.title, Task.due_at, Task.updated_at).where(
        Task.assignee_id == member_id,
        Task.state == "open",
        Task.due_at.between(now - BACK, now + AHEAD),
        *reach(Task).readable(),
    )
    for row in session.execute(tasks.order_by(Task.due_at).limit(MOST)):
        yield ics.Due(ics.uid_of(row.id, host), row.updated_at, row.due_at, row.title)
