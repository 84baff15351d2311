"""Endpoints: checked when they are saved, their secrets made, shown once, replaced, and used to sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db, utcnow
from app.data.secrets import CannotOpen, SecretKey, bound_to, open_sealed, renewed, seal
from app.host import FieldError
from app.outbound import Forbidden, Policy
from app.outbound.addresses import parse
from app.webhooks import signing
from app.webhooks.choosing import check_choice
from app.webhooks.models import ACTIVE, DISABLED, WebhookEndpoint
from app.webhooks.outbox import resume, send_test

OVERLAP = timedelta(hours=24)
"""How long the old secret signs beside the new one."""


def policy() -> Policy:
    """What this installation allows to be called."""
    return Policy.of(current_app.config["TENANTRY"])


def _keys() -> list[SecretKey]:
    keys: list[SecretKey] = current_app.config["TENANTRY"].secret_keys
    return keys


def check_endpoint(row: Any, is_new: bool) -> None:
    """Before it is saved: an address that may be called, events that exist, a secret of its own."""
    try:
        parse(policy(), row.url or "")
    except Forbidden as refusal:
        raise FieldError("url", _refusal(refusal)) from None
    row.events = check_choice(row.events or "")
    if is_new:
        _store(row, signing.new_secret())
    if row.state == ACTIVE:
        revive(row)


def _refusal(refusal: Forbidden) -> str:
    words = {
        "scheme": _("The address must begin with https://."),
        "userinfo": _("The address must not hold a user name or password."),
        "port": _("This port may not be called: please use the usual one."),
    }
    return str(words.get(refusal.reason, _("This address cannot be called.")))


def revive(row: WebhookEndpoint) -> None:
    """Forget what went wrong before, and send what waits."""
    row.disabled_reason = row.failing_since = row.resting_until = None
    row.failures = 0
    resume(row.id)


def _place(endpoint_id: UUID, column: str) -> bytes:
    return bound_to("webhook_endpoint", column, endpoint_id)


def _store(row: WebhookEndpoint, secret: str) -> None:
    row.secret = seal(_keys(), secret, _place(row.id, "secret"))


def secrets_of(row: WebhookEndpoint) -> list[str]:
    """The secrets that sign now: the present one, and the one before while it is being replaced."""
    found = [open_sealed(_keys(), row.secret, _place(row.id, "secret"))]
    if row.old_secret and row.old_secret_until and row.old_secret_until > utcnow():
        found.append(open_sealed(_keys(), row.old_secret, _place(row.id, "old_secret")))
    return found


def reseal() -> list[str]:
    """Seal the secrets of the tenant in force with the first key, where another one sealed them. Returns which cannot
    be read; they stay as they are."""
    unreadable = []
    for row in db.session.scalars(select(WebhookEndpoint)):
        for column in ("secret", "old_secret"):
            sealed = getattr(row, column)
            try:
                if sealed:
                    setattr(row, column, renewed(_keys(), sealed, _place(row.id, column)))
            except CannotOpen:
                unreadable.append(f"the {column.replace('_', ' ')} of the webhook endpoint {row.url}")
    return unreadable


def show_secret(rows: Sequence[WebhookEndpoint]) -> str:
    """The action that shows the signing secret, once in its life."""
    [row] = rows
    if row.secret_shown_at is not None:
        raise ValueError(_("The secret was shown already. Make a new one if it is lost."))
    row.secret_shown_at = utcnow()
    return str(_("The signing secret, shown this once: %(secret)s", secret=secrets_of(row)[0]))


def rotate_secret(rows: Sequence[WebhookEndpoint]) -> str:
    """The action that makes a new secret; the old one signs beside it for a day."""
    [row] = rows
    row.old_secret = seal(_keys(), secrets_of(row)[0], _place(row.id, "old_secret"))
    row.old_secret_until = utcnow() + OVERLAP
    _store(row, signing.new_secret())
    row.secret_shown_at = utcnow()
    secret = secrets_of(row)[0]
    words = _("The new signing secret, shown this once: %(secret)s The old one stays valid for a day.", secret=secret)
    return str(words)


def test(rows: Sequence[WebhookEndpoint]) -> str:
    """The action that sends a message to try the endpoint."""
    for row in rows:
        if row.state == DISABLED:
            raise ValueError(_("This endpoint is switched off."))
        send_test(row)
    db.session.flush()
    return str(_("A test message is on its way: see the deliveries."))
