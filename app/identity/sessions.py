"""Sessions in the browser: a random token in a cookie and a row in the database; nothing else signs anybody in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Response, current_app, request
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from app.data import platform_session, utcnow
from app.identity.devices import device_label
from app.identity.models import AccountSession
from app.identity.tokens import new_session_token, token_hash

COOKIE = "tenantry_session"
KEPT_AFTER_END = timedelta(days=30)
"""Ended sessions of an account are forgotten when it signs in so long afterwards."""


@dataclass(frozen=True, slots=True)
class Device:
    """A live session as its owner sees it."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str
    way: str = "password"

    @property
    def label(self) -> str:
        """The device in a few words."""
        return device_label(self.user_agent)


def limits() -> tuple[int, int]:
    """(minutes without a request, days in all) after which a session ends."""
    settings = current_app.config.get("TENANTRY")
    return getattr(settings, "session_idle_minutes", 120), getattr(settings, "session_absolute_days", 14)


def open_session(account_id: int, ip: str = "", user_agent: str = "", way: str = "password") -> str:
    """Start a session and return the token for its cookie; the database keeps only the hash, and by which way."""
    token = new_session_token()
    idle_minutes, days = limits()
    long_ago = utcnow() - KEPT_AFTER_END
    with platform_session("sign-in: no tenant is known yet") as session:
        session.execute(
            delete(AccountSession).where(
                AccountSession.account_id == account_id,
                or_(AccountSession.expires_at < long_ago, AccountSession.ended_at < long_ago),
            )
        )
        session.add(
            AccountSession(
                account_id=account_id,
                token_hash=token_hash(token),
                idle_minutes=idle_minutes,
                expires_at=utcnow() + timedelta(days=days),
                ip=ip[:64],
                user_agent=user_agent[:300].replace("\0", ""),
                way=way,
            )
        )
    return token


def end_session(session_id: UUID, account_id: int, reason: str = "signed out") -> bool:
    """End one session of an account, at once. False when it has no such live session."""
    with platform_session("sign-out or revoke: sessions belong to no tenant") as session:
        return _end(session, reason, AccountSession.id == session_id, AccountSession.account_id == account_id) > 0


def end_sessions(account_id: int, reason: str, *, keep: UUID | None = None, session: Session | None = None) -> int:
    """End all sessions of an account but `keep`; returns how many. Joins the transaction of `session` when given."""
    wanted = [AccountSession.account_id == account_id]
    if keep is not None:
        wanted.append(AccountSession.id != keep)
    if session is not None:
        return _end(session, reason, *wanted)
    with platform_session("sessions belong to no tenant") as own:
        return _end(own, reason, *wanted)


def _end(session: Session, reason: str, *wanted: ColumnElement[bool]) -> int:
    ended = session.execute(
        update(AccountSession)
        .where(AccountSession.ended_at.is_(None), *wanted)
        .values(ended_at=utcnow(), ended_reason=reason)
        .returning(AccountSession.id)
    )
    return len(ended.all())


def devices_of(account_id: int) -> Sequence[Device]:
    """The live sessions of an account, the latest used first."""
    now = utcnow()
    with platform_session("my devices: sessions belong to no tenant") as session:
        rows = session.scalars(
            select(AccountSession)
            .where(
                AccountSession.account_id == account_id,
                AccountSession.ended_at.is_(None),
                AccountSession.expires_at > now,
            )
            .order_by(AccountSession.last_seen_at.desc())
            .limit(100)
        ).all()
    alive = [one for one in rows if one.last_seen_at + timedelta(minutes=one.idle_minutes) > now]
    return [
        Device(one.id, one.created_at, one.last_seen_at, one.expires_at, one.ip, one.user_agent, one.way)
        for one in alive
    ]


def give_cookie(response: Response, token: str) -> None:
    """Put the session token on the browser; scripts cannot read it, other sites cannot send it with a form."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=limits()[1] * 86_400,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=is_https(),
    )


def take_cookie(response: Response) -> None:
    """Remove the session token from the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=is_https())


def is_https() -> bool:
    """Whether the person reaches us over TLS, be it behind a proxy."""
    return request.is_secure or bool(current_app.config.get("SESSION_COOKIE_SECURE"))
