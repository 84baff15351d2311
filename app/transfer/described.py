"""Imports and exports in the OpenAPI document."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.host import Entry
from app.screens.rest.openapi.calls import OF_CHANGES, call, json_answer, whole_object
from app.screens.rest.openapi.common import with_headers
from app.transfer.models import EXPORT_STATES, IMPORT_STATES
from app.transfer.plan import DOUBTFUL, MODES
from app.transfer.writing import FORMS

Spec = dict[str, Any]
TAG = "transfer"
_call = partial(call, TAG)
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
            "get": _call("import", _("How an import stands"), json_answer("200", "ImportWithProblems"), 401, 403, 404),
        },
        f"{stem}/imports/{{import_id}}/undo": {
            "parameters": [taken_in],
            "post": _call("undo", _("Take an import back"), json_answer("202", "Import"), 401, 403, 404, 409),
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
        "id": _ID,
        "resource": _TEXT,
        "file_name": _TEXT,
        "state": _states(IMPORT_STATES),
        "total": _COUNT,
        "created": _COUNT,
        "changed": _COUNT,
        "unchanged": _COUNT,
        "failed": _COUNT,
        "error": {"type": ["string", "null"]},
        "mapping": {"type": "object", "additionalProperties": _TEXT},
        "mode": {"type": "string", "enum": list(MODES)},
        "keys": keys,
        "doubtful": {"type": "string", "enum": list(DOUBTFUL)},
    }
    problem = whole_object({"line": {"type": "integer", "minimum": 1}, "reason": _TEXT})
    return {
        "Import": whole_object(taken_in),
        "ImportWithProblems": whole_object(
            {**taken_in, "problems": {"type": "array", "items": problem, "maxItems": 100}}
        ),
        "Export": whole_object({"id": _ID, "state": _states(EXPORT_STATES), "total": _COUNT}),
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
    made = _call("take_in", _("Import a file"), json_answer("201", "Import"), *OF_CHANGES)
    return {**made, "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


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
    made = _call("take_out", _("Export records"), json_answer("202", "Export"), *OF_CHANGES)
    return {**made, "requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def _file(mime: str) -> Spec:
    content = {mime: {"schema": _BYTES}}
    return {"200": {"description": _("The bytes, as a download."), "headers": with_headers(), "content": content}}


def _states(choices: Any) -> Spec:
    return {"type": "string", "enum": [one.value for one in choices]}
