"""Appointments as calendars know them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from app.sdk import Member, session
from plugins.crm.models import Appointment
from plugins.crm.services import ics


def meeting_of(
    row: Appointment, *, guest: ics.Person | None = None, is_off: bool = False, tells: str = ""
) -> ics.Meeting:  # fmt: skip
    """The appointment as calendars know it. For a guest another try is the first one, moved."""
    member = session.get(Member, row.assignee_id)
    return ics.Meeting(
        uid=ics.uid_of(first_of(row).id if guest is not None else row.id, host()),
        sequence=row.sequence,
        stamp=row.updated_at,
        starts=row.scheduled_at,
        ends=row.ends_at,
        title=row.title,
        notes=tells,
        location=row.location or "",
        organizer=ics.Person(member.name, member.email) if member is not None else None,
        attendees=(guest,) if guest is not None else (),
        is_cancelled=is_off or row.status == "cancelled",
    )


def first_of(row: Any) -> Any:
    """The first try of which this one is another."""
    while row.parent_id is not None:
        before = session.get(Appointment, row.parent_id)
        if before is None:
            break
        row = before
    return row


def host() -> str:
    """The host that the names of our records in calendars end with: the same for ever."""
    return urlsplit(current_app.config["TENANTRY"].public_url).hostname or "localhost"
