"""Events in the document: what an endpoint of the tenant's own is sent, one webhook an event."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.events.coding import schema
from app.features.gate import plugin_is_on
from app.host import Registry
from app.host.events import EventType
from app.host.happenings import words_of
from app.identity.principal import Principal

_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def webhooks_of(installed: Registry, person: Principal | None) -> dict[str, Any]:
    """By event name, the request that is sent."""
    shown = [one for one in installed.happenings.types.values() if _is_on(installed, one, person)]
    return {one.name: {"post": _request(installed, one)} for one in shown}


def _is_on(installed: Registry, one: EventType, person: Principal | None) -> bool:
    if one.plugin in installed.always_on:
        return True
    return person is not None and plugin_is_on(one.plugin, person)


def _request(installed: Registry, one: EventType) -> dict[str, Any]:
    text = {"type": "string"}
    signed = [{"name": name, "in": "header", "required": True, "schema": text} for name in _SIGNED]
    return {
        "summary": words_of(one, installed.entries),
        "tags": ["webhooks"],
        "security": [],
        "parameters": signed,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _message(one)}}},
        "responses": {"2XX": {"description": _("Taken. Anything else is sent again.")}},
    }


def _message(one: EventType) -> dict[str, Any]:
    """The body: what all events have, and the fields of this one as `data`."""
    fields = {field.name: schema(field) for field in one.fields}
    data = {"type": "object", "properties": fields, "required": list(fields)}
    return {
        "type": "object",
        "required": ["type", "timestamp", "id", "version", "data"],
        "properties": {
            "type": {"const": one.name},
            "timestamp": {"type": "string", "format": "date-time"},
            "id": {"type": "string", "format": "uuid"},
            "version": {"const": one.version},
            "data": data,
        },
    }
