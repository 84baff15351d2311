"""Members as people who are told something: their address, language and time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from app.data import current_tenant_id, db, utcnow
from app.identity.preferences import chosen_by
from app.tenancy.models import Membership, MembershipRole, Team, TeamMember, Tenant

_HELD: Any = MembershipRole  # their columns come from `belongs_to`, which mypy cannot see
_PLACE: Any = TeamMember
Members = Membership | UUID | Iterable[Membership | UUID]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A live member of the tenant in force. `locale` and `timezone` are never empty."""

    id: UUID
    account_uid: UUID
    name: str
    email: str
    locale: str
    timezone: str


def ids_of(members: Members) -> list[UUID]:
    """The ids of one or several members, each once, in the order given."""
    several = [members] if isinstance(members, Membership | UUID) else members
    return list(dict.fromkeys(one.id if isinstance(one, Membership) else one for one in several))


def receivers(member_ids: Iterable[UUID]) -> list[Receiver]:
    """Those of these members who are still there: who left, or may not sign in, is told nothing."""
    alive = Membership.is_active, Membership.left_at.is_(None)  # type: ignore[attr-defined]
    statement = select(Membership).where(Membership.id.in_(list(member_ids)), *alive)
    found = list(db.session.scalars(statement))
    if not found:
        return []
    chosen = chosen_by(one.account_id for one in found)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    return [_receiver(one, tenant, *chosen[one.account_id]) for one in found if one.account_id in chosen]


def _receiver(member: Membership, tenant: Tenant, locale: str, timezone: str) -> Receiver:
    return Receiver(
        member.id,
        member.account_uid,
        member.name,
        member.email,
        locale or tenant.locale,
        timezone or tenant.timezone,
    )


def members_with_role(*roles: str) -> list[UUID]:
    """The ids of the live members who hold one of these roles today, by themselves or by a team: for `notify`."""
    until = _HELD.expires_at
    by_themselves = select(_HELD.membership_id).where(_HELD.role.in_(roles), or_(until.is_(None), until > utcnow()))
    by_team = (
        select(_PLACE.membership_id)
        .join(Team, Team.id == _PLACE.team_id)
        .where(_PLACE.left_at.is_(None), Team.archived_at.is_(None), Team.gives_role.in_(roles))
    )
    here = Membership.is_active, Membership.left_at.is_(None)  # type: ignore[union-attr]
    return list(db.session.scalars(select(Membership.id).where(*here, Membership.id.in_(by_themselves.union(by_team)))))
