"""The operator's view of all accounts and organisations: found by the start of a name or address, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select, update

from app.data import platform_session
from app.identity.accounts import clean_email, clean_name, set_active
from app.identity.announcing import announce
from app.identity.models import Account
from app.identity.problems import IdentityError
from app.tenancy.models import Membership, Tenant

PAGE = 50


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One page of accounts; `after` is where the next one starts, empty on the last."""

    accounts: Sequence[Account]
    after: str


def find_accounts(wanted: str = "", after: str = "") -> AccountPage:
    """Accounts whose address or name starts with `wanted`, ordered by address."""
    query = select(Account).order_by(Account.email).limit(PAGE + 1)
    start = _start(wanted)
    if start:
        query = query.where(
            or_(
                Account.email.startswith(start, autoescape=True),
                Account.username.startswith(start, autoescape=True),
                func.lower(Account.first_name).startswith(start, autoescape=True),
                func.lower(Account.last_name).startswith(start, autoescape=True),
            )
        )
    if after:
        query = query.where(Account.email > after.replace("\0", ""))
    with platform_session("the operator's directory of accounts") as session:
        found = session.scalars(query).all()
    return AccountPage(found[:PAGE], found[PAGE - 1].email if len(found) > PAGE else "")


def _start(wanted: str) -> str:
    """What a name or address begins with, from what somebody typed."""
    return wanted.strip().lower().replace("\0", "")[:100]


STATUS_WORDS = {
    "trialing": _l("On trial"),
    "active": _l("Active"),
    "past_due": _l("Payment is late"),
    "suspended": _l("Suspended"),
    "offboarding": _l("Leaving"),
    "deleted": _l("Removed"),
}


@dataclass(frozen=True, slots=True)
class TenantLine:
    """One organisation as the operator sees it."""

    slug: str
    name: str
    status: str
    members: int
    created_at: datetime

    @property
    def words(self) -> str:
        """The status in words."""
        return str(STATUS_WORDS[self.status])


@dataclass(frozen=True, slots=True)
class TenantPage:
    """One page of organisations; `after` is where the next one starts, empty on the last."""

    tenants: Sequence[TenantLine]
    after: str


def find_tenants(wanted: str = "", after: str = "") -> TenantPage:
    """Organisations whose name or address starts with `wanted`, ordered by address, with their present members."""
    present = (Membership.tenant_id == Tenant.id, Membership.is_active, Membership.left_at.is_(None))
    members = select(func.count()).select_from(Membership).where(*present).scalar_subquery()
    columns = Tenant.slug, Tenant.name, Tenant.status, members, Tenant.created_at
    query = select(*columns).order_by(Tenant.slug).limit(PAGE + 1)
    start = _start(wanted)
    if start:
        named = func.lower(Tenant.name).startswith(start, autoescape=True)
        query = query.where(or_(Tenant.slug.startswith(start, autoescape=True), named))
    if after:
        query = query.where(Tenant.slug > after.replace("\0", ""))
    with platform_session("the operator's directory of organisations") as session:
        found = [TenantLine(*row) for row in session.execute(query)]
    return TenantPage(found[:PAGE], found[PAGE - 1].slug if len(found) > PAGE else "")


def tenants_of(account_id: int) -> Sequence[tuple[str, str]]:
    """(slug, name) of every tenant the account belongs to."""
    with platform_session("the operator's directory of accounts") as session:
        rows = session.execute(
            select(Tenant.slug, Tenant.name)
            .join(Membership, Membership.tenant_id == Tenant.id)
            .where(Membership.account_id == account_id, Membership.is_active, Membership.left_at.is_(None))
            .order_by(Tenant.name)
        ).all()
    return [(row.slug, row.name) for row in rows]


def change_account(
    account_id: int, *, email: str, first_name: str, last_name: str, active: bool, is_operator: bool
) -> None:
    """Save what the operator changed. Raises `IdentityError` naming the field that is wrong."""
    address = clean_email(email)
    if not active:
        set_active(account_id, False)
    first, last = clean_name(first_name, "first_name"), clean_name(last_name, "last_name")
    with platform_session("the operator's directory of accounts") as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tenantry.account.names"))))
        taken = session.scalars(
            select(Account.id).where(
                or_(Account.email == address, Account.username == address), Account.id != account_id
            )
        ).first()
        if taken is not None:
            raise IdentityError(_("There is already an account with this e-mail address or user name."), "email")
        account = session.get_one(Account, account_id)
        if account.username == account.email:
            account.username = address[:128]
        if account.email != address:
            announce(session, account_id, "address_changed", before=account.email, after=address)
        account.email, account.first_name, account.last_name = address, first, last
        account.is_operator = is_operator
        session.execute(
            update(Membership)
            .where(Membership.account_id == account_id)
            .values(name=f"{first} {last}".strip() or address, email=address)
        )
    if active:
        set_active(account_id, True)
