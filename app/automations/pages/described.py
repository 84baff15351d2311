"""The calls of automations' own in the OpenAPI document."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.host import Entry
from app.screens.rest.openapi.calls import OF_CHANGES, call, json_answer

Spec = dict[str, Any]
_call = partial(call, "automations")
_ID = {"name": "automation_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def tags() -> list[Spec]:
    return []


def paths(entries: list[Entry]) -> dict[str, Spec]:
    """The path items."""
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/RecordsToRunOn"}}}
    press = _call("press", _("Set off an automation that has a button"), json_answer("200", "UnderWay"), *OF_CHANGES)
    trial = _call("try", _("What an automation would do"), json_answer("200", "OnTrial"), *OF_CHANGES)
    return {
        f"/api/v1/automations/{name}/{{automation_id}}": {
            "parameters": [_ID],
            "post": {**one, "requestBody": {"required": True, "content": body}},
        }
        for name, one in (("press", press), ("try", trial))
    }


def schemas() -> dict[str, Spec]:
    """The shapes they take and answer with."""
    text, key = {"type": "string"}, {"type": "string", "format": "uuid"}
    ids = {"type": "array", "items": key, "minItems": 1, "maxItems": 1_000}
    step = {"type": "object", "required": ["kind", "words"], "properties": {"kind": text, "words": text}}
    tried = {"id": key, "label": text, "steps": {"type": "array", "items": step}, "ends": text}
    one = {"type": "object", "required": list(tried), "properties": tried}
    return {
        "RecordsToRunOn": {
            "type": "object", "required": ["ids"], "properties": {"ids": ids}, "additionalProperties": False,
        },
        "UnderWay": {"type": "object", "required": ["message"], "properties": {"message": text}},
        "OnTrial": {"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": one}}},
    }  # fmt: skip
