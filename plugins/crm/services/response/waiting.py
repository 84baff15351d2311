"""When a lead begins to wait for an answer, and when it has one.

It waits from the day it is made, again after every word of the customer, and when it is opened again; what a colleague
does about it, reached or not, is the answer. A lead that waits already goes on waiting since the first word.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, inspect, or_, select
from sqlalchemy.orm import Session

from app.sdk import session, utcnow
from plugins.crm.models import Activity, Lead, LeadAnswer
from plugins.crm.services.differences import changes
from plugins.crm.services.open_leads import is_closed
from plugins.crm.services.response.desk import desk

RULED = ("assigned_to_id", "source", "priority", "pipeline_id")
"""What a target, or the working time that counts, depends on."""
CLOSED = ("won_at", "lost_at")


def begin(lead: Any) -> None:
    """A new lead waits for its first answer, unless it comes closed."""
    if not is_closed(lead):
        wait(lead, utcnow())


def wait(lead: Any, since: datetime) -> None:
    """Somebody waits since then: set until when, by the first target that fits. Without one nothing is due."""
    target = desk().target_of(lead)
    minutes = target and (target.first if lead.first_responded_at is None else target.again)
    if target is None or minutes is None:
        _rest(lead)
        return
    lead.response_target_id, lead.response_state, lead.waiting_since = target.id, "waiting", since
    lead.respond_by = desk().hours_of(lead.assigned_to_id).after(since, timedelta(minutes=minutes))


def _rest(lead: Any) -> None:
    """Nobody waits any more, and nobody was answered."""
    if is_waiting(lead):
        lead.waiting_since = lead.respond_by = lead.response_state = None


def answered(lead: Any, at: datetime) -> None:
    """Somebody of us turned to the customer. What was said before the question is no answer to it, unless it was the
    first word of all."""
    is_first = lead.first_responded_at is None
    if is_waiting(lead) and (is_first or at >= lead.waiting_since):
        at = max(at, lead.waiting_since)
        _note(lead, at, "first" if is_first else "again")
        lead.response_state = "met" if at <= lead.respond_by else "missed"
        lead.waiting_since = lead.respond_by = None
    if is_first:
        lead.first_responded_at = at


def _note(lead: Any, at: datetime, number: str) -> None:
    spent = desk().hours_of(lead.assigned_to_id).between(lead.waiting_since, at)
    session.add(
        LeadAnswer(
            lead_id=lead.id, target_id=lead.response_target_id, member_id=lead.assigned_to_id, round=number,
            asked_at=lead.waiting_since, due_at=lead.respond_by, answered_at=at, in_time=at <= lead.respond_by,
            minutes=int(spent.total_seconds()) // 60,
        )
    )  # fmt: skip


def note(row: Activity) -> None:
    """An activity was written down: the customer's word, or ours."""
    lead = session.get(Lead, row.lead_id) if row.lead_id else None
    if lead is None:
        return
    if row.direction != "in" or row.result == "reached":
        answered(lead, row.at)
    elif not is_waiting(lead) and not is_closed(lead) and not _answered_since(row):
        wait(lead, row.at)


def _answered_since(row: Activity) -> bool:
    """Was the word of the customer answered before it was written down here?"""
    ours = or_(Activity.direction.is_(None), Activity.direction != "in", Activity.result == "reached")
    later = Activity.lead_id == row.lead_id, Activity.at >= row.at, Activity.id != row.id, Activity.is_live()
    with session.no_autoflush:
        return session.scalar(select(Activity.id).where(*later, ours).limit(1)) is not None


def is_waiting(lead: Any) -> bool:
    """Does somebody wait for an answer?"""
    return lead.waiting_since is not None


@event.listens_for(Session, "before_flush")
def follow(current: Session, _context: Any, _instances: Any) -> None:
    """Leads that are closed, opened again, given away or of another kind now, whoever changed them."""
    leads = [row for row in current.dirty if isinstance(row, Lead)]
    if leads and current is session():
        with current.no_autoflush:
            for lead in leads:
                _follow(lead)


def _follow(lead: Any) -> None:
    if changes(lead, "waiting_since"):
        return  # whoever set this has looked at the lead as it is
    if is_closed(lead):
        _rest(lead)
    elif _was_closed(lead):
        wait(lead, utcnow())
    elif is_waiting(lead) and changes(lead, *RULED):
        wait(lead, lead.waiting_since)


def _was_closed(lead: Any) -> bool:
    attributes = inspect(lead).attrs
    return any(any(attributes[name].history.deleted or ()) for name in CLOSED)
