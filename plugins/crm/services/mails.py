"""Mails with the contact of a lead: the customer's word begins to wait for an answer, ours is the answer.

The mails themselves stand on the lead's timeline by the core; no activity is made of them, so none is there twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.sdk import Handler, Occurrence, session
from plugins.crm.models import Lead
from plugins.crm.services import activities
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.response import waiting


def handlers() -> list[Handler]:
    return [
        Handler("mailboxes.mail_received", received, "mail_received"),
        Handler("mailboxes.mail_sent", sent, "mail_sent"),
    ]


def received(happened: Any, told: Occurrence) -> None:
    """Somebody waits since then; what was worked on later is answered already."""
    for lead in _open_leads(happened.contact_id):
        if not waiting.is_waiting(lead) and not _worked_on_since(lead, happened.at):
            waiting.wait(lead, happened.at)
        activities.touch(lead.id, happened.at)


def sent(happened: Any, told: Occurrence) -> None:
    """One of us turned to the customer."""
    for lead in _open_leads(happened.contact_id):
        waiting.answered(lead, happened.at)
        activities.touch(lead.id, happened.at)


def _worked_on_since(lead: Any, at: datetime) -> bool:
    """Events of several mails come in any order: an answer may be heard of before the question."""
    return lead.first_responded_at is not None and lead.last_activity_at is not None and lead.last_activity_at > at


def _open_leads(contact_id: UUID) -> Iterator[Any]:
    lead: Any = Lead
    wanted = select(Lead).where(lead.contact_id == contact_id, *is_open()).order_by(Lead.id).with_for_update()
    yield from session.scalars(wanted)
