"""Who reports to whom: everybody below a person, and what becomes of those below somebody who leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from app.data.session import TenantSession
from app.tenancy.configuration import by_configuration, configuration_changed
from app.tenancy.models import Membership

_MEMBER: Any = Membership  # its relation comes from `belongs_to`, which mypy cannot see

Followers = Mapping[UUID, list[tuple[UUID, UUID]]]
"""Who reports directly to a member: (membership, account) of each."""


def below(session: Session, person: Any) -> dict[UUID, UUID]:
    """The accounts of all who report to a person, directly or through others, by membership; also of those who left,
    whose records somebody must still see to.

    Costs no statement: who reports to whom is remembered under the tenant's configuration version. Each is passed once,
    so that a ring in the data, however it came there, ends.
    """
    known: Followers = by_configuration(session, person, "hierarchy", _load)
    found: dict[UUID, UUID] = {}
    waiting = [person.membership_id]
    while waiting:
        for membership, account in known.get(waiting.pop(), ()):
            if membership not in found and membership != person.membership_id:
                found[membership] = account
                waiting.append(membership)
    return found


def _load(session: Session) -> Followers:
    found: dict[UUID, list[tuple[UUID, UUID]]] = defaultdict(list)
    statement = select(_MEMBER.reports_to_id, Membership.id, Membership.account_uid)
    for superior, membership, account in session.execute(statement.where(_MEMBER.reports_to_id.is_not(None))):
        found[superior].append((membership, account))
    return dict(found)


def pass_on(session: Session, leaver: Membership) -> None:
    """Those who reported to somebody who leaves report to the leaver's own superior from then on.

    The leaver goes on reporting to that superior, who so reaches what they left behind.
    """
    superior = leaver.reports_to_id  # type: ignore[attr-defined]
    led = select(Membership).where(Membership.tenant_id == leaver.tenant_id, _MEMBER.reports_to_id == leaver.id)
    followers: Any = session.scalars(led).all()
    for one in followers:
        one.reports_to_id = superior
    session.flush()
    if followers:
        configuration_changed(session, leaver.tenant_id)


@event.listens_for(TenantSession, "after_flush")
def _notice_moves(session: Session, _context: Any) -> None:
    """Every process reads anew who reports to whom once somebody was moved."""
    written = (row for rows in (session.new, session.dirty) for row in rows if isinstance(row, Membership))
    gone = any(isinstance(row, Membership) for row in session.deleted)
    if gone or any(inspect(row).attrs.reports_to_id.history.has_changes() for row in written):
        configuration_changed(session)
