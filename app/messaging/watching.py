"""What happens elsewhere in the core that somebody should be told of."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.data import db
from app.host import Occurrence
from app.messaging.notifying import notify
from app.messaging.receivers import members_with_role
from app.webhooks.happenings import EndpointDisabled
from app.webhooks.models import WebhookEndpoint

WEBHOOK_DISABLED = "messaging.webhook_disabled"


def tell_of_endpoint(happened: EndpointDisabled, told: Occurrence) -> None:
    """The handler: owners and admins hear of an endpoint that was switched off."""
    endpoint: Any = db.session.get(WebhookEndpoint, happened.endpoint_id)
    words = _l("%(url)s gets no more webhooks. %(reason)s", url=happened.url, reason=happened.reason)
    notify(
        members_with_role("owner", "admin"),
        WEBHOOK_DISABLED,
        _l("A webhook endpoint was switched off"),
        words,
        target=endpoint,
        dedupe=str(told.id),
    )
