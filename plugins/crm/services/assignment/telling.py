"""What follows when leads change hands, by whatever way: it is written down, and the new owners are told.

The owner of a lead is set on forms, over REST, by imports, actions and rules. So the change itself is watched, and
looked at once before the transaction commits: what a savepoint took back, or came back to its old owner, is told to
nobody, and who gets a hundred leads at once is told once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, SessionTransaction

from app.sdk import publish, session
from plugins.crm.models import Lead
from plugins.crm.models.assignment import Assignment
from plugins.crm.services.assignment.allocating import INFO, Allocation, Origin, allocation
from plugins.crm.services.assignment.events import LeadsAssigned

_LEAD: Any = Lead


@event.listens_for(Lead, "before_insert")
def _comes(mapper: Any, connection: Any, lead: Any) -> None:
    if lead.assigned_to_id is not None:
        allocation().before.setdefault(lead.id, None)


@event.listens_for(Lead, "before_update")
def _changes_hands(mapper: Any, connection: Any, lead: Any) -> None:
    history = inspect(lead).attrs.assigned_to_id.history
    if history.has_changes():
        allocation().before.setdefault(lead.id, history.deleted[0] if history.deleted else None)


@event.listens_for(Session, "before_commit")
def _settle(own: Session) -> None:
    found: Allocation | None = own.info.get(INFO)
    if found is None or own.in_nested_transaction():
        return
    own.flush()
    found.store()
    if found.before:
        _write_down(found)


@event.listens_for(Session, "after_transaction_end")
def _forget(own: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        own.info.pop(INFO, None)


def _write_down(found: Allocation) -> None:
    before, found.before = found.before, {}
    stored = session.execute(select(Lead.id, _LEAD.assigned_to_id).where(Lead.id.in_(list(before)))).all()
    changed = [(lead, owner) for lead, owner in stored if owner != before[lead]]
    came: dict[UUID, list[UUID]] = defaultdict(list)
    for lead, owner in changed:
        origin = found.origins.get(lead, Origin("hand"))
        session.add(
            Assignment(lead_id=lead, member_id=owner, previous_id=before[lead], way=origin.way, rule_id=origin.rule)
        )
        if owner is not None:
            came[owner].append(lead)
    for owner, leads in came.items():
        publish(LeadsAssigned(owner, tuple(leads)))
    session.flush()
