"""Imports and exports in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.host import Entry
from app.screens.rest.openapi.common import with_headers
from app.screens.rest.openapi.paths import problems
from app.transfer.models import EXPORT_STATES, IMPORT_STATES
from app.transfer.plan import DOUBTFUL, MODES
from app.transfer.writing import FORMS

Spec = dict[str, Any]
TAG = "transfer"
_TEXT: Spec = {"type": "string"}
_COUNT: Spec = {"type": ["integer", "null"], "minimum": 0}
_ID: Spec = {"type": "string", "format": "uuid"}
_BYTES: Spec = {"type": "string", "format": "binary"}


def tags() -> list[Spec]:
    return [{"name": TAG, "description": _("Import and export")}]


def paths(entries: list[Entry]) -> dict[str, Spec]:
    """The path items; `entries` are the resources that are shown."""
    stem = "/api/v1/transfer"
    taken_in = {"name": "import_id", "in": "path", "required": True, "schema": _ID}
    taken_out = {"name": "export_id", "in": "path", "required": True, "schema": _ID}
    kinds = [entry.key for entry in entries]
    return {
        f"{stem}/imports": {"post": _take_in(kinds)},
        f"{stem}/imports/{{import_id}}": {
            "parameters": [taken_in],
            "get": _call("import", _("How an import stands"), _json("200", "ImportWithProblems"), 401, 403, 404),
        },
        f"{stem}/imports/{{import_id}}/undo": {
            "parameters": [taken_in],
            "post": _call("undo", _("Take an import back"), _json("202", "Import"), 401, 403, 404, 409),
        },
        f"{stem}/imports/{{import_id}}/errors": {
            "parameters": [taken_in],
            "get": _call("errors", _("The lines that failed, with their reasons"), _file("text/csv"), 401, 403, 404),
        },
        f"{stem}/exports": {"post": _take_out(kinds)},
        f"{stem}/exports/{{export_id}}/file": {
            "parameters": [taken_out],
            "get": _call("download", _("The file of an export"), _file("*/*"), 401, 403, 404),
        },
    }


def schemas() -> dict[str, Spec]:
    """The shapes they answer with."""
    keys = {"type": "array", "items": _TEXT}
    taken_in = {
        "id": _ID, "resource": _TEXT, "file_name": _TEXT, "state": _states(IMPORT_STATES), "total": _COUNT,
        "created": _COUNT, "changed": _COUNT, "unchanged": _COUNT, "failed": _COUNT,
        "error": {"type": ["string", "null"]}, "mapping": {"type": "object", "additionalProperties": _TEXT},
        "mode": {"type": "string", "enum": list(MODES)}, "keys": keys,
        "doubtful": {"type": "string", "enum": list(DOUBTFUL)},
    }  # fmt: skip
    problem = _object({"line": {"type": "integer", "minimum": 1}, "reason": _TEXT})
    return {
        "Import": _object(taken_in),
        "ImportWithProblems": _object({**taken_in, "problems": {"type": "array", "items": problem, "maxItems": 100}}),
        "Export": _object({"id": _ID, "state": _states(EXPORT_STATES), "total": _COUNT}),
    }


def _take_in(kinds: list[str]) -> Spec:
    parts = {
        "resource": {"type": "string", "enum": kinds},
        "file": {**_BYTES, "description": _("The file with its name.")},
        "mode": {"type": "string", "enum": list(MODES)},
        "keys": {"type": "string", "description": _("What records are recognised by: paths with commas between them.")},
        "mapping": {"type": "string", "description": _("A JSON object from headings to paths; guessed without it.")},
        "doubtful": {"type": "string", "enum": list(DOUBTFUL)},
        "dry_run": {"type": "string", "enum": ["0", "1", "true", "false"]},
    }
    form = {"type": "object", "required": ["resource", "file"], "properties": parts}
    call = _call("take_in", _("Import a file"), _json("201", "Import"), 400, 401, 403, 404, 413, 415, 422)
    return {**call, "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


def _take_out(kinds: list[str]) -> Spec:
    body = {
        "type": "object",
        "required": ["resource"],
        "properties": {
            "resource": {"type": "string", "enum": kinds},
            "query": {"type": "string", "description": _("Filters, search and order, as in the address of a list.")},
            "columns": {"type": "array", "items": _TEXT},
            "format": {"type": "string", "enum": list(FORMS)},
        },
    }
    call = _call("take_out", _("Export records"), _json("202", "Export"), 400, 401, 403, 404, 413, 415, 422)
    return {**call, "requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def _call(name: str, summary: str, responses: Spec, *statuses: int) -> Spec:
    return {
        "operationId": f"transfer.{name}",
        "tags": [TAG],
        "summary": summary,
        "responses": responses | problems(*statuses),
    }


def _json(status: str, schema: str) -> Spec:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {status: {"description": _("How it stands."), "headers": with_headers(), "content": content}}


def _file(mime: str) -> Spec:
    content = {mime: {"schema": _BYTES}}
    return {"200": {"description": _("The bytes, as a download."), "headers": with_headers(), "content": content}}


def _states(choices: Any) -> Spec:
    return {"type": "string", "enum": [one.value for one in choices]}


def _object(properties: Spec) -> Spec:
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}
