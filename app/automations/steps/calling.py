"""Call an endpoint for webhooks with the record: a delivery like any other, signed, tried again, in the log."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.automations.steps.base import Doing, Said, Settings, StepKind
from app.data import db, utcnow, uuid7
from app.screens.kinds import kind_of
from app.screens.reading.surface import Surface, as_uuid, value_of
from app.webhooks.models import DISABLED, WebhookEndpoint
from app.webhooks.outbox import deliver, message

CALLED = "automations.called"
"""The type of the message."""


def endpoint_of(settings: Settings) -> WebhookEndpoint:
    """Raises ValueError with a sentence for one that is gone or switched off."""
    key = as_uuid(str(settings.get("endpoint") or ""))
    found = db.session.get(WebhookEndpoint, key) if key is not None else None
    if found is None:
        raise ValueError(_("Please choose an endpoint for webhooks."))
    if found.state == DISABLED:
        raise ValueError(_("The endpoint is switched off."))
    return found


def check(surface: Surface, settings: Settings) -> None:
    endpoint_of(settings)


def run(doing: Doing, settings: Settings) -> Said:
    endpoint, key = endpoint_of(settings), uuid7()
    deliver(endpoint.id, CALLED, key, message(CALLED, key, utcnow(), content_of(doing)))
    return Said(str(_("Called %(address)s", address=endpoint.url)))


def content_of(doing: Doing) -> dict[str, Any]:
    """The record as REST would show it to the member that the automation runs as."""
    fields = {}
    for name, field in doing.surface.fields.items():
        if field.kind != "has_many" and not field.secret:
            value = value_of(doing.record, field)
            fields[name] = None if value is None else kind_of(field).dump(field, value)
    return {
        "automation": {"id": str(doing.automation.id), "name": doing.automation.name},
        "resource": doing.surface.entry.key,
        "id": str(doing.record.id),
        "label": str(doing.record),
        "fields": {name: str(value) if not _is_plain(value) else value for name, value in fields.items()},
    }


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool, list, dict))


STEP = StepKind("webhook", "globe", check, run)
