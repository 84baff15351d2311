"""The calls about notifications in the OpenAPI document."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.host import Entry, registry
from app.screens.rest.openapi.calls import OF_CHANGES, call, json_answer

Spec = dict[str, Any]
TAG = "messaging"
_call = partial(call, TAG)


def tags() -> list[Spec]:
    return [{"name": TAG, "description": _("Notifications")}]


def paths(entries: list[Entry]) -> dict[str, Spec]:
    """The path items."""
    stem = "/api/v1/messaging"
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/NoticePreferences"}}}
    return {
        f"{stem}/notifications": {
            "parameters": [
                {"name": "unread", "in": "query", "schema": {"type": "boolean"}},
                {"name": "before", "in": "query", "schema": {"type": "string"}},
            ],
            "get": _call("notifications", _("What you were told"), json_answer("200", "Notices"), 401, 403, 404),
        },
        f"{stem}/notifications/read-all": {
            "post": _call(
                "read_all", _("Mark all notifications as read"), json_answer("200", "ReadAll"), 401, 403, 404
            ),
        },
        f"{stem}/preferences": {
            "get": _call(
                "preferences", _("How you are told of what"), json_answer("200", "NoticePreferences"), 401, 403, 404
            ),
            "patch": {
                **_call("prefer", _("Choose how you are told"), json_answer("200", "NoticePreferences"), *OF_CHANGES),
                "requestBody": {"required": True, "content": body},
            },
        },
    }


def schemas() -> dict[str, Spec]:
    """The shapes they take and answer with."""
    wish = {"type": "array", "items": {"type": "string", "enum": list(registry().channels)}}
    count = {"type": "integer", "minimum": 0}
    text, moment = {"type": "string"}, {"type": "string", "format": "date-time"}
    notice = {
        "id": {"type": "string", "format": "uuid"},
        "kind": text,
        "title": text,
        "body": text,
        "due_at": moment,
        "read_at": {**moment, "type": ["string", "null"]},
        "is_gone": {"type": "boolean"},
        "href": {"type": ["string", "null"]},
    }
    one = {"type": "object", "required": list(notice), "properties": notice}
    page = {"data": {"type": "array", "items": one}, "next": {"type": ["string", "null"]}}
    return {
        "Notices": {"type": "object", "required": list(page), "properties": page},
        "ReadAll": {"type": "object", "required": ["count"], "properties": {"count": count}},
        "NoticePreferences": {
            "type": "object",
            "properties": dict.fromkeys(registry().notices, wish),
            "additionalProperties": False,
        },
    }
