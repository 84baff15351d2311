"""What follows when leads change hands, by whatever way: it is written down, and the new owners are told.

The owner of a lead is set on forms, over REST, by imports, actions and rules. So the change itself is watched, and
looked at once before the transaction commits: what a savepoint took back, or came back to its old owner, is told to
nobody, and who gets a hundred leads at once is told once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, SessionTransaction, object_session

from app.sdk import Member, Notice, Occurrence, _l, notify, publish, session
from plugins.crm.models import Lead
from plugins.crm.models.assignment import Assignment
from plugins.crm.services.assignment.allocating import INFO, Allocation, Origin, allocation
from plugins.crm.services.assignment.events import LeadsAssigned

_LEAD: Any = Lead
ASSIGNED = "crm.leads_assigned"
Changes = dict[UUID, tuple[UUID | None, UUID | None]]
"""(owner before, owner now) by lead."""


@event.listens_for(Lead, "before_insert")
def _comes(mapper: Any, connection: Any, lead: Any) -> None:
    if lead.assigned_to_id is not None:
        _note(lead, None)


@event.listens_for(Lead, "before_update")
def _changes_hands(mapper: Any, connection: Any, lead: Any) -> None:
    history = inspect(lead).attrs.assigned_to_id.history
    if history.has_changes():
        _note(lead, history.deleted[0] if history.deleted else None)


def _note(lead: Any, before: UUID | None) -> None:
    """Of leads that an import makes past the session, too; not of those that another session writes."""
    if object_session(lead) not in (None, session()):
        return
    owners = allocation().owners
    owners[lead.id] = owners.get(lead.id, (before, None))[0], lead.assigned_to_id


@event.listens_for(Session, "after_transaction_create")
def _mark(own: Session, transaction: SessionTransaction) -> None:
    if transaction.nested and INFO in own.info:
        own.info[INFO].mark(transaction)


@event.listens_for(Session, "after_soft_rollback")
def _doubt(own: Session, transaction: SessionTransaction) -> None:
    if INFO in own.info:
        own.info[INFO].is_doubtful = True
        if transaction.nested:
            own.info[INFO].take_back(transaction)


@event.listens_for(Session, "after_transaction_end")
def _forget(own: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        own.info.pop(INFO, None)
    elif transaction.nested and INFO in own.info:
        own.info[INFO].release(transaction)


@event.listens_for(Session, "before_commit")
def _settle(own: Session) -> None:
    found: Allocation | None = own.info.get(INFO)
    if found is None or own.in_nested_transaction():
        return
    own.flush()
    found.store()
    changes, found.owners = _sure(found), {}
    for lead, (before, now) in changes.items():
        _write_down(lead, before, now, found.origins.get(lead, Origin("hand")))
    for owner, leads in _by_owner(changes).items():
        publish(LeadsAssigned(owner, tuple(leads)))
    own.flush()


def _sure(found: Allocation) -> Changes:
    """What has really changed hands: as it is stored, where a savepoint may have taken something back."""
    changes = found.owners
    if found.is_doubtful and changes:
        stored = session.execute(select(Lead.id, _LEAD.assigned_to_id).where(Lead.id.in_(list(changes))))
        changes = {lead: (changes[lead][0], now) for lead, now in stored}
    return {lead: (before, now) for lead, (before, now) in changes.items() if before != now}


def _write_down(lead: UUID, before: UUID | None, now: UUID | None, origin: Origin) -> None:
    row = Assignment(lead_id=lead, previous_id=before, member_id=now, way=origin.way, rule_id=origin.rule)
    session.add(row)


def _by_owner(changes: Changes) -> Mapping[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for lead, (_before, now) in changes.items():
        if now is not None:
            found[now].append(lead)
    return found


def tell_owner(happened: LeadsAssigned, told: Occurrence) -> None:
    """Tell the new owner, unless they did it themselves: one lead by its name, several by their number."""
    member = session.get(Member, happened.member_id)
    if member is None or member.account_uid == told.actor_id:
        return
    leads = session.scalars(select(Lead).where(Lead.id.in_(happened.lead_ids), Lead.is_live())).all()
    if len(leads) == 1:
        notify(member, ASSIGNED, _l("“%(lead)s” is yours now", lead=str(leads[0])), target=leads[0])
    elif leads:
        notify(member, ASSIGNED, _l("%(count)s leads are yours now", count=len(leads)))


def notices() -> list[Notice]:
    """The kinds of notices that people choose how to hear of."""
    return [Notice(ASSIGNED, _l("Leads that become mine"))]
