"""Personal API tokens: made once, shown once, kept as a hash, bound to one account and one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from app.data import platform_session, utcnow, uuid7
from app.identity.announcing import announce
from app.identity.members import is_member
from app.identity.models import ApiToken
from app.identity.problems import IdentityError
from app.identity.scopes import is_scope
from app.identity.tokens import SHOWN_CHARACTERS, new_api_token, token_hash

LONGEST = timedelta(days=366)
MOST_PER_ACCOUNT = 100


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as its owner sees it in a list: everything but the token."""

    id: UUID
    tenant_id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def issue_token(
    account_id: int,
    tenant_id: UUID,
    name: str,
    scopes: Iterable[str],
    lifetime: timedelta = timedelta(days=90),
    kind: str = "personal",
) -> tuple[str, TokenInfo]:
    """Make a token: (the token itself, which nobody can show again; what is kept of it)."""
    wanted = _checked_scopes(scopes)
    label = _checked_name(name)
    if not timedelta(0) < lifetime <= LONGEST:
        raise IdentityError(_("A token can last at most a year."), "lifetime")
    if not is_member(account_id, tenant_id):
        raise IdentityError(_("Only members can make tokens."))
    if kind == "personal" and len(tokens_of(account_id)) >= MOST_PER_ACCOUNT:
        raise IdentityError(_("You have too many tokens. Revoke one first."))
    token = new_api_token()
    row = ApiToken(
        id=uuid7(),
        tenant_id=tenant_id,
        account_id=account_id,
        kind=kind,
        name=label,
        prefix=token[:SHOWN_CHARACTERS],
        token_hash=token_hash(token),
        scopes=wanted,
        created_at=utcnow(),
        expires_at=utcnow() + lifetime,
    )
    with platform_session("API tokens are found before a tenant is known") as session:
        session.execute(
            delete(ApiToken).where(
                ApiToken.account_id == account_id, ApiToken.kind == "sign_in", ApiToken.expires_at < utcnow()
            )
        )
        session.add(row)
        if kind == "personal":
            until = row.expires_at.isoformat()
            announce(session, account_id, "token_issued", tenant_id=tenant_id, name=label, scopes=wanted, until=until)
    return token, _info(row)


def tokens_of(account_id: int, tenant_id: UUID | None = None) -> Sequence[TokenInfo]:
    """The live personal tokens of an account, the newest first; of one tenant when it is given."""
    wanted = select(ApiToken).where(
        ApiToken.account_id == account_id,
        ApiToken.kind == "personal",
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > utcnow(),
    )
    if tenant_id is not None:
        wanted = wanted.where(ApiToken.tenant_id == tenant_id)
    with platform_session("API tokens are found before a tenant is known") as session:
        rows = session.scalars(wanted.order_by(ApiToken.created_at.desc(), ApiToken.id).limit(500)).all()
    return [_info(row) for row in rows]


def revoke_token(token_id: UUID, account_id: int) -> bool:
    """Revoke a token at once. False when the account has no such live token."""
    with platform_session("API tokens are found before a tenant is known") as session:
        revoked = session.execute(
            update(ApiToken)
            .where(ApiToken.id == token_id, ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
            .values(revoked_at=utcnow())
            .returning(ApiToken.tenant_id, ApiToken.name)
        ).all()
        for tenant_id, name in revoked:
            announce(session, account_id, "token_revoked", tenant_id=tenant_id, name=name)
    return bool(revoked)


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    wrong = [scope for scope in wanted if not is_scope(scope)]
    if wrong:
        raise IdentityError(_("“%(scope)s” is not a scope.", scope=wrong[0][:100]), "scopes")
    if not wanted or len(wanted) > 100:
        raise IdentityError(_("Say what the token may do."), "scopes")
    return wanted


def _checked_name(name: str) -> str:
    label = " ".join(name.split())
    if not label or len(label) > 100 or "\0" in label:
        raise IdentityError(_("Give the token a name of at most %(n)s characters.", n=100), "name")
    return label


def _info(row: ApiToken) -> TokenInfo:
    return TokenInfo(
        row.id, row.tenant_id, row.name, row.prefix, tuple(row.scopes), row.created_at, row.expires_at,
        row.last_used_at,
    )  # fmt: skip
