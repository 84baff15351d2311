"""Whose a message is. Plugins say it from inside the tenant; the provider's word alone never decides."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.data import current_tenant_id, platform_session
from app.host.borders import need_own_name
from app.webhooks.models import WebhookRoute

KEY_MARK = "key:"
"""Before the keys of addresses, so that a provider's account can never pass for one."""


def route_account(source: str, account: str) -> None:
    """Messages of `source` (`<plugin>.<name>`) for this account of the provider's are the tenant's in force.

    Raises ValueError when they are another tenant's already, NotDeclared for messages of another plugin. What lies in
    quarantine for it is delivered by the operator's replay.
    """
    need_own_name(source, "messages of")
    tenant_id = current_tenant_id()
    with platform_session("webhooks are routed before a tenant is known") as session:
        made = insert(WebhookRoute).values(source=source, account=account, tenant_id=tenant_id)
        session.execute(made.on_conflict_do_nothing())
    if _owners(source, {account}).get(account) != tenant_id:
        raise ValueError(_("The account %(account)s is connected elsewhere already.", account=account))


def release_account(source: str, account: str) -> None:
    """Messages for this account are nobody's any more."""
    need_own_name(source, "messages of")
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
    need_own_name(source, "messages of")
    key = secrets.token_urlsafe(24)
    route_account(source, KEY_MARK + key)
    return f"/hooks/{source.replace('.', '/')}/{key}"


def tenant_of_key(source: str, key: str) -> UUID | None:
    """The tenant whose address ends in this key."""
    return _owners(source, {KEY_MARK + key}).get(KEY_MARK + key)


def tenants_of(source: str, accounts: Collection[str]) -> dict[str, UUID]:
    """The tenants that messages of these accounts are of; accounts that nobody has connected are left out."""
    return _owners(source, {account for account in accounts if not account.startswith(KEY_MARK)})


def _owners(source: str, accounts: Collection[str]) -> dict[str, UUID]:
    with platform_session("webhooks are routed before a tenant is known") as session:
        wanted = select(WebhookRoute.account, WebhookRoute.tenant_id).where(
            WebhookRoute.source == source, WebhookRoute.account.in_(accounts)
        )
        return dict(session.execute(wanted).all())
