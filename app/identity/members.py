"""Who belongs to which tenant, and with which role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, event, func, select, update
from sqlalchemy.orm import Session, aliased

from app.data import platform_session, utcnow
from app.identity.models import Account, ApiToken
from app.identity.permissions import is_role
from app.identity.principal import Place, TenantInfo
from app.identity.problems import IdentityError
from app.identity.sessions import end_sessions
from app.tenancy.hierarchy import pass_on
from app.tenancy.models import Membership, MembershipRole, Tenant
from app.tenancy.teams import leave_all

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
    if not is_role(role):
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


def remove_member(account_id: int, tenant_id: UUID, *, session: Session | None = None) -> None:
    """End a membership: at the next request the person finds nothing there. The last owner cannot be removed. Those who
    reported to them report to their superior.

    Tokens for the tenant are revoked; when no other tenant is left, the sessions end as well. Give `session` when the
    membership is already loaded in one: it may hold its lock, and a second session would wait for it for ever.
    """
    if session is not None:
        _leave(session, account_id, tenant_id)
        # Only once it is true: a refusal further on may still take the removal back.
        event.listen(session, "after_commit", lambda _session: _close_doors(account_id, tenant_id), once=True)
        return
    with platform_session("members are removed from outside their tenant too") as own:
        _leave(own, account_id, tenant_id)
    _close_doors(account_id, tenant_id)


def take_role(account_id: int, tenant_id: UUID, role: str) -> None:
    """Take a role away; who has none left is no member any more. Raises `IdentityError` for the last owner."""
    with platform_session("members are removed from outside their tenant too") as session:
        member = _membership(session, tenant_id, account_id, live=True)
        if member is None:
            return
        held = session.scalars(
            select(MembershipRole).where(MembershipRole.tenant_id == tenant_id, _HELD.membership_id == member.id)
        ).all()
        left = [one for one in held if one.role != role]
        if left or member.is_owner:
            for one in held:
                if one.role == role:
                    session.delete(one)
            return
        _leave(session, account_id, tenant_id)
    _close_doors(account_id, tenant_id)


def lock_owners(session: Session) -> None:
    """Let one transaction at a time take an owner away, so that two at once cannot leave a tenant without any."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tenantry.owners"))))


def _leave(session: Session, account_id: int, tenant_id: UUID) -> None:
    lock_owners(session)
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
    leave_all(session, member)
    pass_on(session, member)
    session.execute(
        delete(MembershipRole).where(MembershipRole.tenant_id == tenant_id, _HELD.membership_id == member.id)
    )
    session.flush()


def solely_owned(session: Session, account_id: int) -> Sequence[str]:
    """Names of the tenants of which this account is the only owner who can sign in."""
    mine, other, owner = aliased(Membership), aliased(Membership), aliased(Account)
    others = (
        select(other.id)
        .join(owner, owner.id == other.account_id)
        .where(
            other.tenant_id == mine.tenant_id,
            other.account_id != account_id,
            other.is_owner,
            other.is_active,
            other.left_at.is_(None),
            owner.active,
        )
    )
    return session.scalars(
        select(Tenant.name)
        .join(mine, mine.tenant_id == Tenant.id)
        .where(mine.account_id == account_id, mine.is_owner, mine.is_active, mine.left_at.is_(None))
        .where(Tenant.deleted_at.is_(None), ~others.exists())
        .order_by(Tenant.name)
    ).all()


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


def _close_doors(account_id: int, tenant_id: UUID) -> None:
    with platform_session("sessions and tokens belong to no tenant") as session:
        session.execute(
            update(ApiToken)
            .where(ApiToken.account_id == account_id, ApiToken.tenant_id == tenant_id, ApiToken.revoked_at.is_(None))
            .values(revoked_at=utcnow())
        )
        # The caller may not have committed yet, so the tenant that is being left does not count.
        elsewhere = select(Membership.id).where(
            Membership.account_id == account_id, Membership.tenant_id != tenant_id, *_live()
        )
        account = session.get_one(Account, account_id)
        if session.scalars(elsewhere).first() is None and not account.is_operator:
            end_sessions(account_id, "no longer a member", session=session)
