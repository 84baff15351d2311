"""The way out of the daily e-mail, for mail programs and for people who are not signed in: a signed address."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import update

from app.data import current_tenant_id, db
from app.host import registry
from app.messaging.models import Notification
from app.messaging.ways import choose, wishes

ADDRESS = "/messaging/unsubscribe/"


def unsubscribe_address(member_id: UUID) -> str:
    """The whole address for one member of the tenant in force. It lies outside the tenants: who is signed in matters
    not."""
    public: str = current_app.config["TENANTRY"].public_url
    return f"{public}{ADDRESS}{_signer().dumps([str(current_tenant_id()), str(member_id)])}"


def member_of(token: str) -> tuple[UUID, UUID] | None:
    """(tenant, member) whose address it is, if it is one of ours."""
    try:
        tenant_id, member_id = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return UUID(tenant_id), UUID(member_id)


def unsubscribe(member_id: UUID) -> None:
    """No more digests: what came by digest is told by the other channels alone."""
    for kind in registry().notices:
        told = wishes([member_id], kind)[member_id]
        if "digest" in told:
            choose(member_id, kind, [one for one in told if one != "digest"])
    waiting = update(Notification).where(Notification.member_id == member_id, Notification.mail == "digest")
    db.session.execute(waiting.values(mail="none"), execution_options={"synchronize_session": False})


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["TENANTRY"].derived_key("unsubscribe"), salt="digest")
