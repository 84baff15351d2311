"""The global tables of identity: people who sign in, their sessions and tokens, and what guards the door.

None of them belongs to a tenant (an account may be a member of many), so none is under row-level security; the role
`app` may read names only, everything else goes through `platform_session`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Base, utcnow, uuid7

MOMENT = DateTime(timezone=True)


class Account(User):
    """A person who signs in: Flask-AppBuilder's user, with a public key and preferences in a table of our own.

    The integer `id` stays inside the house; `uid` is what records, logs and APIs show.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    uid: Mapped[UUID] = mapped_column(Uuid, default=uuid7, unique=True)
    locale: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """Preferred language, empty to follow the tenant, then the browser."""
    timezone: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """IANA name, empty to follow the tenant."""
    theme: Mapped[str] = mapped_column(String(8), default="", server_default="")
    """`light` or `dark`, empty to follow the device."""
    is_operator: Mapped[bool] = mapped_column(default=False, server_default=false())
    password_changed_at: Mapped[datetime | None] = mapped_column(MOMENT)


class AccountSession(Base):
    """One sign-in on one device. The cookie holds a random token; this row holds its hash and ends when we say so."""

    __table_args__ = (Index("ix_account_session_account_id", "account_id", "expires_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    account_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(MOMENT, default=utcnow, server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(MOMENT, default=utcnow, server_default=func.now())
    idle_minutes: Mapped[int] = mapped_column(Integer)
    """The session ends when nothing was heard of it for so long."""
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    """The session ends then, however busy it is."""
    ip: Mapped[str] = mapped_column(String(64), default="", server_default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="", server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_reason: Mapped[str | None] = mapped_column(String(40))
    way: Mapped[str] = mapped_column(String(50), default="password", server_default=text("'password'"))
    """By which way they came in: `password`, `ldap`, `proxy`, `link`, `oidc:<key>`, `saml:<key>`."""


class AccountIdentity(Base):
    """Somebody else's word for who an account is: a directory's, or a provider's.

    Found by issuer and subject alone, which are never given to another person; addresses and names are.
    """

    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_account_identity_whose"),
        UniqueConstraint("account_id", "issuer", name="uq_account_identity_one_each"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    account_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(320))
    """What they call themselves there, when they were linked: only to be recognised by."""
    created_at: Mapped[datetime] = mapped_column(MOMENT, default=utcnow, server_default=func.now())


class PendingSignIn(Base):
    """A sign-in that has begun on another site, or waits in a link: used once, and for minutes.

    The browser holds the token whose hash this is; for one that went to another site a cookie binds it to that browser.
    """

    __table_args__ = (
        Index("ix_pending_sign_in_account_id", "account_id"),
        Index("ix_pending_sign_in_expires_at", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64), default="", server_default="")
    way: Mapped[str] = mapped_column(String(50))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    """Whose link this is, or to which account the way is to be added."""
    nonce: Mapped[str] = mapped_column(String(64), default="", server_default="")
    verifier: Mapped[str] = mapped_column(String(128), default="", server_default="")
    target: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where the person wanted to go."""
    typed: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The form that was typed when the last session had ended (see `resend`)."""
    vouched: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Who came back, verified, where the answer comes without the browser's cookie and must wait for it (SAML)."""
    expires_at: Mapped[datetime] = mapped_column(MOMENT)


class ApiToken(Base):
    """A token for the REST interface: acts as its account, in one tenant, within its scopes. Only its hash is kept."""

    __table_args__ = (
        Index("ix_api_token_account_id", "account_id", "tenant_id"),
        Index("ix_api_token_tenant_id", "tenant_id"),
        CheckConstraint("kind in ('personal', 'sign_in')", name="kind"),
        # A routing table: read by hash before any tenant is known.
        {"info": {"tenant": False}},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20), default="personal", server_default="personal")
    """`personal` (made on the profile page) or `sign_in` (short-lived, from the API sign-in)."""
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(16))
    """The first characters of the token, to recognise it in a list."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    created_at: Mapped[datetime] = mapped_column(MOMENT, default=utcnow, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    last_used_at: Mapped[datetime | None] = mapped_column(MOMENT)
    revoked_at: Mapped[datetime | None] = mapped_column(MOMENT)


class SignInThrottle(Base):
    """Sign-in attempts counted per account name and per address, for all processes together."""

    __table_args__ = (Index("ix_sign_in_throttle_last_at", "last_at"),)

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    last_at: Mapped[datetime] = mapped_column(MOMENT, server_default=func.now())
    locked_until: Mapped[datetime | None] = mapped_column(MOMENT)
    refused: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the latest attempt came while the key was locked: how the counting statement answers its caller."""


class PermissionVersion(Base):
    """One row whose counter moves whenever a role's permissions do: processes drop their cached sets when it does."""

    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    version: Mapped[int] = mapped_column(BigInteger, default=1, server_default=text("1"))


class DeclaredGrant(Base):
    """What the code last declared: resource, verb, role.

    The permission sync applies the difference to it, so a change an operator made on the role screen survives.
    """

    resource: Mapped[str] = mapped_column(String(250), primary_key=True)
    verb: Mapped[str] = mapped_column(String(96), primary_key=True)
    role: Mapped[str] = mapped_column(String(64), primary_key=True)
