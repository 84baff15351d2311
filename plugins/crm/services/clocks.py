"""The two clocks of an appointment: that of whoever is invited, and that of whoever of us keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from app.sdk import Contact, Member, _, session
from plugins.crm.models import Appointment, Lead
from plugins.crm.services import clock, people
from plugins.crm.services.words import moment_words


def zone_of_guest(lead: Any) -> ZoneInfo:
    """The clock of a lead's contact; the tenant's where nobody knows theirs."""
    contact: Any = session.get(Contact, lead.contact_id) if lead.contact_id else None
    ours = people.zone_of_tenant()
    return clock.zone_of(contact.timezone, ours.key) if contact is not None else ours


def times(row: Any) -> Iterator[tuple[str, str]]:
    """Whose clock, and when the appointment begins there: first where the invited are, then where we are, if that is
    another time."""
    theirs = clock.zone_of(row.timezone)
    ours = people.zone_of_member(row.assignee_id)
    member = session.get(Member, row.assignee_id)
    yield _guest(row), _told(row, theirs)
    if row.scheduled_at.astimezone(theirs).utcoffset() != row.scheduled_at.astimezone(ours).utcoffset():
        yield member.name if member is not None else "", _told(row, ours)


def _guest(row: Any) -> str:
    lead: Any = session.get(Lead, row.lead_id)
    contact = session.get(Contact, lead.contact_id) if lead is not None and lead.contact_id else None
    return str(contact or lead or "")


def _told(row: Any, zone: ZoneInfo) -> str:
    return _("%(time)s (%(zone)s)", time=moment_words(row.scheduled_at, zone), zone=zone.key)


def lines(row: Any) -> str:
    """Both clocks as they stand in mails and calendars: the first is the reader's own, the second says whose it is."""
    (_guest_name, first), *others = times(row)
    return "\n".join([first, *(_("%(name)s: %(time)s", name=name, time=time) for name, time in others)])


def facts(row: Appointment) -> list[tuple[str, str]]:
    """Both clocks for the page of an appointment."""
    return list(times(row))
