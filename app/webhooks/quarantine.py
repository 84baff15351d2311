"""The operator's screen for messages of nobody we know: look, deliver those that have a tenant by now, throw away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from app.data import Scope, db, platform_session, scope
from app.host import Part
from app.identity.access import OPERATOR, access
from app.webhooks.models import QuarantinedWebhook, WebhookRoute
from app.webhooks.storing import store

blueprint = Blueprint("quarantine", __name__)
SHOWN = 200


@blueprint.get("/operator/quarantine")
@access(OPERATOR)
def page() -> str:
    """The newest messages in quarantine."""
    with platform_session("quarantined messages are of no tenant") as session:
        rows = session.scalars(select(QuarantinedWebhook).order_by(QuarantinedWebhook.id.desc()).limit(SHOWN)).all()
        total = session.scalar(select(func.count()).select_from(QuarantinedWebhook)) or 0
        session.expunge_all()
    return render_template("webhooks/quarantine.html", title=_("Quarantined messages"), rows=rows, total=total)


@blueprint.post("/operator/quarantine")
@access(OPERATOR)
def act() -> Any:
    """Deliver what has found its tenant, or throw one message away."""
    if request.form.get("action") == "discard":
        with platform_session("quarantined messages are of no tenant") as session:
            session.execute(
                delete(QuarantinedWebhook).where(QuarantinedWebhook.id == request.form.get("id", type=UUID))
            )
        flash(_("The message was thrown away."), "success")
    else:
        flash(_("Delivered: %(count)s.", count=deliver()), "success")
    return redirect(url_for("quarantine.page"), 303)


def deliver() -> int:
    """Give every message whose account has a tenant by now to that tenant. Returns how many."""
    with platform_session("quarantined messages are of no tenant") as session:
        found = session.execute(
            select(QuarantinedWebhook, WebhookRoute.tenant_id)
            .join(
                WebhookRoute,
                (WebhookRoute.source == QuarantinedWebhook.source)
                & (WebhookRoute.account == QuarantinedWebhook.account),
            )
            .order_by(QuarantinedWebhook.id)
        ).all()
        session.expunge_all()
    for row, tenant_id in found:
        with scope(Scope(tenant_id, via="system")):
            store(row.source, [Part(row.external_id, row.data, row.account)])
            db.session.commit()
        # Afterwards: a message that dies between the two is stored once all the same.
        with platform_session("quarantined messages are of no tenant") as session:
            session.execute(delete(QuarantinedWebhook).where(QuarantinedWebhook.id == row.id))
    return len(found)
