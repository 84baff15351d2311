"""Who sends a message: the tenant's own account, else the platform's, and how much each may send a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.data import current_tenant_id, utcnow, uuid7
from app.data.secrets import bound_to, open_sealed
from app.messaging.composing import ascii_address
from app.messaging.models import EmailAccount, OutboundMessage, SendQuota
from app.messaging.smtp import Server
from app.outbound import Forbidden, Policy
from app.outbound.addresses import Target, checked_addresses, system_resolve
from app.tenancy.models import Tenant
from config import SMTP_SCHEMES

PLATFORM = "platform"
PORTS = frozenset({25, 465, 587, 2525})
"""Where mail servers listen; an installation may allow more (`TENANTRY_OUTBOUND_PORTS`)."""
_SECURITY = {"smtp": "starttls", "smtps": "tls", "smtp+plain": "none"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody mail can go out by. `key` is what sends are counted under, `limit` how many a day."""

    key: str
    address: str
    name: str
    limit: int | None
    account_id: UUID | None = None


def sender_for(session: Session, message: OutboundMessage) -> Sender | None:
    """The account that the message asks for, else the tenant's default one, else the platform's; None without any."""
    tenant = session.get_one(Tenant, current_tenant_id())
    account = _account(session, message)
    if account is not None:
        name = account.sender_name or tenant.name
        return Sender(str(account.id), ascii_address(account.email), name, account.daily_limit, account.id)
    settings = _settings()
    if not settings.smtp_url:
        return None
    name, address = parseaddr(settings.mail_from)
    return Sender(PLATFORM, address, name or tenant.name, settings.mail_per_day)


def has_platform() -> bool:
    """Whether the platform has an account for tenants without one of their own."""
    return bool(_settings().smtp_url)


def _account(session: Session, message: OutboundMessage) -> EmailAccount | None:
    active: Any = EmailAccount.is_active
    chosen = select(EmailAccount).where(active, EmailAccount.id == message.account_id)
    usual = select(EmailAccount).where(active, EmailAccount.is_default).order_by(EmailAccount.id).limit(1)
    return session.scalar(usual if message.account_id is None else chosen)


def server_of(session: Session, sender: Sender) -> Server:
    """Where the sender hands its mail in, its name not looked up yet. Raises CannotOpen for a password that cannot be
    read."""
    if sender.account_id is None:
        return platform_server(_settings().smtp_url)
    account = session.get_one(EmailAccount, sender.account_id)
    security = cast(Any, account.security)
    return Server(account.host, account.port, security, account.username, password_of(account))


def located(server: Server) -> Server:
    """The server of a tenant with the addresses its name leads to. Raises Forbidden when one of them may not be
    called."""
    target = Target("smtp", server.host, server.port, "")
    if server.port not in smtp_policy().ports:
        raise Forbidden("port", f"Port {server.port} is not allowed.")
    return replace(server, numbers=tuple(checked_addresses(smtp_policy(), target, system_resolve)))


def platform_server(url: str) -> Server:
    """The operator's own server, which may lie anywhere."""
    parts = urlsplit(url)
    return Server(
        parts.hostname or "",
        parts.port or SMTP_SCHEMES[parts.scheme],
        cast(Any, _SECURITY[parts.scheme]),
        unquote(parts.username or "") or None,
        unquote(parts.password or "") or None,
    )


def smtp_policy() -> Policy:
    """Which servers of tenants may be called: public ones, and networks that the operator allows."""
    allowed = Policy.of(_settings())
    return Policy(False, PORTS | allowed.ports, allowed.networks)


def password_of(account: EmailAccount) -> str | None:
    """The password in the clear, for the moment of signing in."""
    return open_sealed(_settings().secret_keys, account.password, place_of(account)) if account.password else None


def place_of(account: EmailAccount) -> bytes:
    """What the sealed password of an account is bound to."""
    return bound_to("email_account", "password", account.id)


def _settings() -> Any:
    return current_app.config["TENANTRY"]


def take(session: Session, sender: Sender) -> datetime | None:
    """Count one send of today, or say when the sender may send again: at the tenant's next midnight."""
    zone = ZoneInfo(session.get_one(Tenant, current_tenant_id()).timezone)
    today = utcnow().astimezone(zone).date()
    row = {"tenant_id": current_tenant_id(), "id": uuid7(), "sender": sender.key, "on_day": today, "used": 1}
    within = None if sender.limit is None else SendQuota.used < sender.limit
    statement = insert(SendQuota).values(row).on_conflict_do_update(
        index_elements=["tenant_id", "sender", "on_day"], set_={"used": SendQuota.used + 1}, where=within,
    )  # fmt: skip
    if session.scalar(statement.returning(SendQuota.used)) is not None:
        return None
    return datetime.combine(today + timedelta(days=1), time(0, 1), zone)


def give_back(session: Session, sender: Sender) -> None:
    """Take back one count: the message was not sent after all."""
    zone = ZoneInfo(session.get_one(Tenant, current_tenant_id()).timezone)
    day = utcnow().astimezone(zone).date()
    statement = update(SendQuota).where(SendQuota.sender == sender.key, SendQuota.on_day == day, SendQuota.used > 0)
    quiet = {"synchronize_session": False}
    session.execute(statement.values(used=SendQuota.used - 1), execution_options=quiet)
