"""Whose a message is. Plugins say it from inside the tenant; the provider's word alone never decides."""

from __future__ import annotations

import secrets
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.data import current_tenant_id, platform_session
from app.webhooks.models import WebhookRoute

KEY_MARK = "key:"
"""Before the keys of addresses, so that a provider's account can never pass for one."""


def route_account(source: str, account: str) -> None:
    """Messages of `source` (`<plugin>.<name>`) for this account of the provider's are the tenant's in force.

    Raises ValueError when they are another tenant's already. What lies in quarantine for it is delivered by the
    operator's replay.
    """
    tenant_id = current_tenant_id()
    with platform_session("webhooks are routed before a tenant is known") as session:
        made = insert(WebhookRoute).values(source=source, account=account, tenant_id=tenant_id)
        session.execute(made.on_conflict_do_nothing())
        if tenant_of(source, account, session) != tenant_id:
            raise ValueError(_("The account %(account)s is connected elsewhere already.", account=account))


def release_account(source: str, account: str) -> None:
    """Messages for this account are nobody's any more."""
    with platform_session("webhooks are routed before a tenant is known") as session:
        session.execute(
            delete(WebhookRoute).where(
                WebhookRoute.source == source,
                WebhookRoute.account == account,
                WebhookRoute.tenant_id == current_tenant_id(),
            )
        )


def new_address(source: str) -> str:
    """A fresh address of the tenant in force, to be given to the provider: `/hooks/<plugin>/<name>/<key>`."""
    key = secrets.token_urlsafe(24)
    route_account(source, KEY_MARK + key)
    return f"/hooks/{source.replace('.', '/')}/{key}"


def tenant_of(source: str, account: str, session: Session) -> UUID | None:
    """The tenant that a message of this account is of, asked in a platform session."""
    wanted = select(WebhookRoute.tenant_id).where(WebhookRoute.source == source, WebhookRoute.account == account)
    found: UUID | None = session.scalar(wanted)
    return found
