"""Who belongs to which tenant, and with which role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from app.data import platform_session, utcnow
from app.identity.models import Account, ApiToken
from app.identity.principal import Place, TenantInfo
from app.identity.problems import IdentityError
from app.identity.sessions import end_sessions
from app.tenancy.models import ROLES, Membership, MembershipRole, Tenant

_HELD: Any = MembershipRole  # its columns come from `belongs_to`, which mypy cannot see


def my_tenants(account_id: int) -> Sequence[Place]:
    """The tenants an account is a member of, by name: for the tenant switcher."""
    with platform_session("the tenant switcher looks across tenants") as session:
        rows = session.execute(
            select(Tenant.slug, Tenant.name)
            .join(Membership, Membership.tenant_id == Tenant.id)
            .where(Membership.account_id == account_id, *_live(), Tenant.deleted_at.is_(None))
            .order_by(Tenant.name, Tenant.slug)
        ).all()
    return [Place(row.slug, row.name) for row in rows]


def tenant_for(account_id: int, slug: str | None) -> tuple[UUID | None, str]:
    """(id, slug) of the tenant a person means: the named one, else its only one; (None, "") when it is no member."""
    wanted = (
        select(Tenant.id, Tenant.slug)
        .join(Membership, Membership.tenant_id == Tenant.id)
        .where(Membership.account_id == account_id, *_live(), Tenant.deleted_at.is_(None))
    )
    if slug:
        if "\0" in slug:
            return None, ""
        wanted = wanted.where(Tenant.slug == slug)
    with platform_session("an API sign-in names its tenant") as session:
        rows = session.execute(wanted.limit(2)).all()
    return (rows[0].id, rows[0].slug) if len(rows) == 1 else (None, "")


def add_member(
    account: Account,
    tenant: Tenant | TenantInfo,
    role: str,
    *,
    expires_at: datetime | None = None,
    owner: bool = False,
) -> UUID:
    """Give an account a role in a tenant, for ever or until `expires_at`; makes it a member first if it is none.

    Returns the membership's id. `owner=True`, and the role `owner` without an end, make it one of the tenant's owners.
    """
    if role not in ROLES:
        raise IdentityError(_("There is no role called “%(role)s”.", role=role), "role")
    with platform_session("members are added from outside their tenant too") as session:
        member = _membership(session, tenant.id, account.id)
        if member is None:
            member = Membership(tenant_id=tenant.id, account_id=account.id, account_uid=account.uid, is_active=True)
            session.add(member)
        member.name = account.get_full_name().strip() or account.email
        member.email = account.email
        member.is_active, member.left_at = True, None
        member.joined_at = member.joined_at or utcnow()
        member.is_owner = bool(member.is_owner or owner or (role == "owner" and expires_at is None))
        session.flush()
        _give_role(session, member, role, expires_at)
        return member.id


def remove_member(account_id: int, tenant_id: UUID) -> None:
    """End a membership: at the next request the person finds nothing there. The last owner cannot be removed.

    Tokens for the tenant are revoked; when no other tenant is left, the sessions end as well.
    """
    with platform_session("removing a member ends sessions, which belong to no tenant") as session:
        owners = session.scalars(
            select(Membership)
            .where(Membership.tenant_id == tenant_id, Membership.is_owner, *_live())
            .order_by(Membership.id)
            .with_for_update()
        ).all()
        member = _membership(session, tenant_id, account_id, live=True)
        if member is None:
            raise IdentityError(_("This person is not a member."))
        if [one.id for one in owners] == [member.id]:
            raise IdentityError(_("The last owner cannot leave. Make somebody else an owner first."))
        member.is_active, member.is_owner, member.left_at = False, False, utcnow()
        session.execute(
            delete(MembershipRole).where(MembershipRole.tenant_id == tenant_id, _HELD.membership_id == member.id)
        )
        _close_doors(session, account_id, tenant_id)


def is_member(account_id: int, tenant_id: UUID) -> bool:
    """Whether the account belongs to the tenant now."""
    with platform_session("asked before a tenant is entered") as session:
        return _membership(session, tenant_id, account_id, live=True) is not None


def _live() -> tuple[ColumnElement[bool], ...]:
    return Membership.is_active.is_(True), Membership.left_at.is_(None)


def _membership(session: Session, tenant_id: UUID, account_id: int, live: bool = False) -> Membership | None:
    wanted = select(Membership).where(Membership.tenant_id == tenant_id, Membership.account_id == account_id)
    return session.scalars(wanted.where(*_live()) if live else wanted).one_or_none()


def _give_role(session: Session, member: Membership, role: str, expires_at: datetime | None) -> None:
    held = session.scalars(
        select(MembershipRole).where(
            MembershipRole.tenant_id == member.tenant_id,
            _HELD.membership_id == member.id,
            MembershipRole.role == role,
        )
    ).one_or_none()
    if held is None:
        held = MembershipRole(tenant_id=member.tenant_id, membership_id=member.id, role=role)
        session.add(held)
    held.expires_at = expires_at


def _close_doors(session: Session, account_id: int, tenant_id: UUID) -> None:
    session.execute(
        update(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.tenant_id == tenant_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=utcnow())
    )
    session.flush()
    elsewhere = session.scalars(select(Membership.id).where(Membership.account_id == account_id, *_live())).first()
    if elsewhere is None and not session.get_one(Account, account_id).is_operator:
        end_sessions(account_id, "no longer a member", session=session)
