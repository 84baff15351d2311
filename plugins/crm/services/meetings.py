"""Appointments as calendars know them."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app

from app.sdk import Member, session
from plugins.crm.models import Appointment
from plugins.crm.services import ics


def meeting_of(row: Appointment, *, guest: ics.Person | None = None, is_off: bool = False) -> ics.Meeting:
    """The appointment as calendars know it."""
    member = session.get(Member, row.assignee_id)
    return ics.Meeting(
        uid=ics.uid_of(row.id, host()),
        sequence=row.sequence,
        stamp=row.updated_at,
        starts=row.scheduled_at,
        ends=row.ends_at,
        title=row.title,
        location=row.location or "",
        organizer=ics.Person(member.name, member.email) if member is not None else None,
        attendees=(guest,) if guest is not None else (),
        is_cancelled=is_off or row.status == "cancelled",
    )


def host() -> str:
    """The host that the names of our records in calendars end with: the same for ever."""
    return urlsplit(current_app.config["TENANTRY"].public_url).hostname or "localhost"
