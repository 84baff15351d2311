"""Making accounts, changing their passwords, switching them off."""

from __future__ import annotations

from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app.data import platform_session, utcnow
from app.data.codes import TIME_ZONES
from app.identity.announcing import announce
from app.identity.members import lock_owners, solely_owned
from app.identity.models import Account, ApiToken
from app.identity.names import normal_name
from app.identity.passwords import hash_password, password_matches, password_problem
from app.identity.problems import IdentityError
from app.identity.sessions import end_sessions
from app.tenancy.models import Membership

PREFERENCES = ("first_name", "last_name", "locale", "timezone", "theme")


def create_account(
    email: str, first_name: str, last_name: str, password: str | None, *, operator: bool = False, username: str = ""
) -> Account:
    """Make an account and return it. Raises `IdentityError` naming the field that is wrong.

    The user name is the e-mail address unless another one is given. Without a password somebody else vouches for them.
    """
    address = clean_email(email)
    name = clean_username(username, address)
    problem = None if password is None else password_problem(password, address, name)
    if problem:
        raise IdentityError(problem, "password")
    account = Account(
        email=address,
        username=name,
        first_name=clean_name(first_name, "first_name"),
        last_name=clean_name(last_name, "last_name"),
        password=None if password is None else hash_password(password),
        active=True,
        is_operator=operator,
        password_changed_at=utcnow(),
    )
    with platform_session("accounts belong to no tenant") as session:
        # Two people may ask for one name at once: one lock for all makes the second see the first.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tenantry.account.names"))))
        _refuse_taken(session, address, name)
        session.add(account)
    return account


def find_account(name: str) -> Account | None:
    """The account with this e-mail address or user name."""
    wanted = normal_name(name)
    with platform_session("accounts belong to no tenant") as session:
        return session.scalars(
            select(Account).where(or_(Account.email == wanted, Account.username == wanted))
        ).one_or_none()


def get_account(account_id: int) -> Account | None:
    """The account with this internal key."""
    with platform_session("accounts belong to no tenant") as session:
        return session.get(Account, account_id)


def set_password(account_id: int, password: str, *, keep_session: UUID | None = None) -> None:
    """Set a new password, end every other session and every token that came from an API sign-in."""
    with platform_session("accounts belong to no tenant") as session:
        account = session.get(Account, account_id, with_for_update={"of": Account})
        if account is None:
            raise IdentityError(_("There is no such account."))
        problem = password_problem(password, account.email, account.username)
        if problem:
            raise IdentityError(problem, "password")
        account.password = hash_password(password)
        account.password_changed_at = utcnow()
        end_sessions(account_id, "password changed", keep=keep_session, session=session)
        _revoke_tokens(session, account_id, kind="sign_in")
        announce(session, account_id, "password_changed")


def is_password_of(account_id: int, password: str) -> bool:
    """Whether this is the account's present password."""
    account = get_account(account_id)
    return password_matches(account.password if account else None, password)


def save_preferences(account_id: int, **values: str) -> None:
    """Change names, language, time zone and theme of an account. Raises `IdentityError` for a value that cannot be."""
    unknown = set(values) - set(PREFERENCES)
    if unknown:
        raise TypeError(f"Not a preference: {', '.join(sorted(unknown))}")
    zone = values.get("timezone", "")
    if zone and TIME_ZONES.code_of(zone) != zone:
        raise IdentityError(_("Choose a time zone from the list."), "timezone")
    for name in ("first_name", "last_name"):
        if name in values:
            values[name] = clean_name(values[name], name)
    with platform_session("accounts belong to no tenant") as session:
        account = session.get_one(Account, account_id)
        for name, value in values.items():
            setattr(account, name, value)
        if {"first_name", "last_name"} & set(values):
            _rename_memberships(session, account)


def set_active(account_id: int, active: bool) -> None:
    """Switch an account on or off. Off ends its sessions and revokes its tokens for good.

    Raises `IdentityError` when a tenant would be left without an owner who can sign in.
    """
    with platform_session("accounts belong to no tenant") as session:
        account = session.get_one(Account, account_id, with_for_update={"of": Account})
        if not active:
            lock_owners(session)
            orphaned = solely_owned(session, account_id)
            if orphaned:
                words = _(
                    "This account is the only owner of “%(tenant)s”. Make somebody else an owner first.",
                    tenant=orphaned[0],
                )
                raise IdentityError(words, "active")
            end_sessions(account_id, "account switched off", session=session)
            _revoke_tokens(session, account_id)
        if account.active != active:
            announce(session, account_id, "switched_on" if active else "switched_off")
        account.active = active


def clean_email(email: str) -> str:
    """The address in lower case; refuses what is none."""
    try:
        found = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except (EmailNotValidError, ValueError) as wrong:
        raise IdentityError(_("This is not an e-mail address."), "email") from wrong
    return normal_name(found.normalized)


def clean_username(username: str, email: str) -> str:
    """The user name in lower case; an address is allowed only when it is the account's own."""
    name = username.strip().lower()
    if "\0" in name or len(name) > 128:
        raise IdentityError(_("This user name cannot be used."), "username")
    if "@" in name and name != email:
        raise IdentityError(_("A user name cannot contain “@”."), "username")
    return name or email[:128]


def clean_name(text: str, field: str) -> str:
    """A person's name: one line, no control characters, at most 64 characters."""
    name = " ".join(text.split())
    if any(ord(letter) < 32 or letter == "\x7f" for letter in name):
        raise IdentityError(_("The name contains a character that cannot be typed."), field)
    if len(name) > 64:
        raise IdentityError(_("The name is too long. Use at most %(n)s characters.", n=64), field)
    return name


def _refuse_taken(session: Session, email: str, username: str) -> None:
    taken = session.scalars(
        select(Account.email).where(or_(Account.email.in_((email, username)), Account.username.in_((email, username))))
    ).first()
    if taken is not None:
        field = "email" if taken == email else "username"
        raise IdentityError(_("There is already an account with this e-mail address or user name."), field)


def _rename_memberships(session: Session, account: Account) -> None:
    name = account.get_full_name().strip() or account.email
    session.execute(update(Membership).where(Membership.account_id == account.id).values(name=name))


def _revoke_tokens(session: Session, account_id: int, kind: str | None = None) -> None:
    wanted = [ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None)]
    if kind is not None:
        wanted.append(ApiToken.kind == kind)
    session.execute(update(ApiToken).where(*wanted).values(revoked_at=utcnow()))
