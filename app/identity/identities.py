"""Which accounts directories and providers vouch for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.data import platform_session, uuid7
from app.identity.announcing import announce
from app.identity.models import AccountIdentity
from app.identity.problems import IdentityError
from app.identity.statements import platform_rows
from app.identity.ways import Identity

_KNOWN = """
SELECT u.id, u.active, true AS linked
FROM account_identity i JOIN ab_user u ON u.id = i.account_id
WHERE i.issuer = %(issuer)s AND i.subject = %(subject)s
UNION ALL
(SELECT u.id, u.active, false FROM ab_user u
 WHERE (%(email)s <> '' AND u.email = %(email)s) OR (%(username)s <> '' AND u.username = %(username)s)
 ORDER BY u.email = %(email)s DESC LIMIT 1)
"""
_OF = "SELECT id, issuer, name, created_at FROM account_identity WHERE account_id = %(account)s ORDER BY created_at, id"


class Linked(NamedTuple):
    """A way that belongs to an account."""

    id: UUID
    issuer: str
    name: str
    created_at: datetime


def account_known_as(identity: Identity) -> Any:
    """The account (id, active, linked) that is linked to an identity, else the one with its address or user name."""
    rows = platform_rows(
        _KNOWN,
        issuer=identity.issuer,
        subject=identity.subject,
        email=identity.email,
        username=identity.username,
    )
    return rows[0] if rows else None


def identities_of(account_id: int) -> Sequence[Linked]:
    """The ways that belong to an account, the oldest first."""
    return [Linked(*row) for row in platform_rows(_OF, account=account_id)]


def link(account_id: int, identity: Identity) -> None:
    """Let an account be found by this identity from now on. Raises `IdentityError` when either has another already.

    An address that was given to somebody else comes with another subject, and is refused here.
    """
    values = {
        "id": uuid7(),
        "account_id": account_id,
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": identity.name[:320],
    }
    with platform_session("accounts belong to no tenant") as session:
        made = session.execute(
            insert(AccountIdentity).values(values).on_conflict_do_nothing().returning(AccountIdentity.id)
        ).first()
        if made is not None:
            announce(session, account_id, "identity_linked", issuer=identity.issuer, name=values["name"])
            return
    known = account_known_as(identity)
    if known is None or not known.linked or known.id != account_id:
        raise IdentityError(_("This sign-in and this account each belong to somebody else already. Ask the operator."))


def unlink(identity_id: UUID, account_id: int) -> bool:
    """Forget a way of an account. False when it has no such way."""
    with platform_session("accounts belong to no tenant") as session:
        gone = session.execute(
            delete(AccountIdentity)
            .where(AccountIdentity.id == identity_id, AccountIdentity.account_id == account_id)
            .returning(AccountIdentity.issuer, AccountIdentity.name)
        ).first()
        if gone is not None:
            announce(session, account_id, "identity_unlinked", issuer=gone.issuer, name=gone.name)
    return gone is not None
