"""What all resources share in the document: its head, security, problems, headers."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.identity.sessions import COOKIE
from app.screens.rest.openapi.parameters import shared_parameters
from app.screens.rest.problems import MIMETYPE, title_of

PROBLEMS = (301, 400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 429, 500, 503)


def preamble(server: str) -> dict[str, Any]:
    """The document without paths and components."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tenantry",
            "version": "1",
            "description": _(
                "Records of one tenant. Programs send `Authorization: Bearer` with a token, which belongs to one"
                " tenant. In the browser the session's cookie serves; changes then need the header `X-CSRFToken`."
            ),
        },
        "servers": [{"url": server or "/"}],
        "security": [{"token": []}, {"session": []}],
    }


def components() -> dict[str, Any]:
    """Everything shared."""
    return {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": _("A personal token: tnt_…")},
            "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        },
        "parameters": shared_parameters(),
        "headers": headers(),
        "responses": {f"Problem{status}": problem_response(status) for status in PROBLEMS},
        "schemas": schemas(),
    }


def schemas() -> dict[str, Any]:
    text, texts = {"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        "Problem": {
            "type": "object",
            "description": "RFC 9457",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": {
                "type": text,
                "title": text,
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": text,
                "code": {"type": "string", "description": _("Stable, for programs.")},
                "errors": {**texts, "description": _("What is wrong, by field or argument.")},
                "request_id": {"type": ["string", "null"]},
                "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/Warning"}},
                "confirm": {"type": "string", "description": _("How to save in spite of the warnings.")},
                "version": {"type": "integer", "description": _("The stored version.")},
                "rows": {"type": "array", "items": {"$ref": "#/components/schemas/RowProblem"}},
                "missing": {"type": "array", "items": text},
            },
        },
        "Warning": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": text, "message": text, "href": {"type": ["string", "null"]}},
        },
        "RowProblem": {
            "type": "object",
            "required": ["index", "status"],
            "properties": {"index": {"type": "integer"}, "status": {"type": "integer"}, "errors": texts},
        },
        "Reference": {
            "type": "object",
            "description": _("A related record, shown by `expand`; the label is null when it is out of your reach."),
            "required": ["id", "label"],
            "properties": {"id": {"type": "string", "format": "uuid"}, "label": {"type": ["string", "null"]}},
        },
        "Count": {
            "type": "object",
            "required": ["value", "capped"],
            "properties": {
                "value": {"type": "integer", "minimum": 0},
                "capped": {"type": "boolean", "description": _("There are more than `value`.")},
            },
        },
        "History": _history(),
        "Done": {
            "type": "object",
            "required": ["message", "count"],
            "properties": {"message": {"type": ["string", "null"]}, "count": {"type": "integer", "minimum": 0}},
        },
    }


def _history() -> dict[str, Any]:
    text, none_or_text = {"type": "string"}, {"type": ["string", "null"]}
    change = {"type": "object", "required": ["before", "after"], "properties": {"before": {}, "after": {}}}
    changes = {"type": "object", "additionalProperties": change, "description": _("By the name of the field.")}
    row = {"collection": text, "id": text, "change": text, "label": none_or_text, "changes": changes}
    rows = {"type": "array", "items": {"type": "object", "properties": row}}
    actor = {"type": "object", "properties": {"id": none_or_text, "name": none_or_text}}
    entry = {
        "id": {"type": "string", "format": "uuid"},
        "number": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "actor": actor,
        "action": text,
        "via": text,
        "erased": {"type": "boolean", "description": _("What it said was erased.")},
        "changes": changes,
        "rows": rows,
    }
    data = {"type": "array", "items": {"type": "object", "required": list(entry), "properties": entry}}
    return {
        "type": "object",
        "required": ["data", "next"],
        "properties": {"data": data, "next": {"type": ["integer", "null"]}},
    }


def headers() -> dict[str, Any]:
    whole: dict[str, Any] = {"schema": {"type": "integer", "minimum": 0}}
    text: dict[str, Any] = {"schema": {"type": "string"}}
    return {
        "ETag": text,
        "Link": {**text, "description": _("The neighbouring pages.")},
        "Location": {**text, "description": _("The address of the new record.")},
        "RateLimit-Limit": {**whole, "description": _("Requests a minute.")},
        "RateLimit-Remaining": whole,
        "RateLimit-Reset": {**whole, "description": _("Seconds until the next minute begins.")},
    }


def with_headers(*names: str) -> dict[str, Any]:
    """References to the rate limit's headers and those named."""
    wanted = (*names, "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in wanted}


def problem_response(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": title_of(status), "content": {MIMETYPE: {"schema": schema}}}
