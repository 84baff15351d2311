"""Contacts are reminded of appointments that they were invited to: by mail, some hours before, once.

Who booked later than that was told by the invitation a moment ago; one that moves is another time to be reminded of.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from app.sdk import session, setting
from plugins.crm.models import Appointment
from plugins.crm.services import invitations
from plugins.crm.services.open_leads import is_of_live_lead
from plugins.crm.services.remembering import Due, not_told, remember

ABOUT = "guest"
AT_ONCE = 500


def remind(now: datetime) -> int:
    """Tell the contacts of appointments that begin soon enough. Returns how many were told."""
    hours = setting("crm.guest_reminder_hours")
    if not hours:
        return 0
    found = {row.id: row for row in session.scalars(_soon(now, timedelta(hours=hours)))}
    new = remember([Due(ABOUT, row.assignee_id, row.id, row.scheduled_at) for row in found.values()])
    return sum(invitations.remind(found[due.target_id]) for due in new)


def _soon(now: datetime, ahead: timedelta) -> Select[Any]:
    moment = Appointment.scheduled_at
    return select(Appointment).where(
        Appointment.status == "scheduled", Appointment.is_live(), Appointment.invites, Appointment.reminders != "none",
        moment > now, moment <= now + ahead, Appointment.created_at <= moment - ahead,
        is_of_live_lead(Appointment),
        not_told(ABOUT, Appointment.id, moment, Appointment.assignee_id),
    ).order_by(moment).limit(AT_ONCE)  # fmt: skip
