"""Members as people who are told something: their address, language and time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from app.data import current_tenant_id, db, utcnow
from app.identity.preferences import chosen_by
from app.tenancy.models import Membership, MembershipRole, Tenant

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
    """The ids of the live members who hold one of these roles today, for `notify`."""
    until = MembershipRole.expires_at
    statement = (
        select(Membership.id)
        .distinct()
        .join(MembershipRole, MembershipRole.membership_id == Membership.id)  # type: ignore[attr-defined]
        .where(
            MembershipRole.role.in_(roles),
            or_(until.is_(None), until > utcnow()),  # type: ignore[union-attr]
            Membership.is_active,
            Membership.left_at.is_(None),  # type: ignore[union-attr]
        )
    )
    return list(db.session.scalars(statement))
