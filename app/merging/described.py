"""Merging in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.host import Entry
from app.merging.models import MERGE_STATES
from app.screens.rest.openapi.common import with_headers
from app.screens.rest.openapi.paths import problems

Spec = dict[str, Any]
TAG = "merging"
_TEXT: Spec = {"type": "string"}
_ID: Spec = {"type": "string", "format": "uuid"}


def tags() -> list[Spec]:
    return [{"name": TAG, "description": _("Merging records, and possible duplicates")}]


def paths(entries: list[Entry]) -> dict[str, Spec]:
    """The path items; `entries` are the resources that are shown."""
    stem = "/api/v1/merging"
    kinds = [entry.key for entry in entries if entry.is_mergeable]
    if not kinds:
        return {}
    kind: Spec = {"type": "string", "enum": kinds}
    pair = {"name": "pair_id", "in": "path", "required": True, "schema": _ID}
    about = _body({"resource": kind}, ["resource"])
    return {
        f"{stem}/merges": {"post": {**_call("create", _("Merge records"), _json("201", "MergeDone"), 400, 401, 403, 404,
                                            409, 413, 415, 422), "requestBody": _wish(kind)}},
        f"{stem}/merges/{{merge_id}}/undo": {
            "parameters": [{**pair, "name": "merge_id"}],
            "post": {**_call("undo", _("Take a merge back"), _json("200", "MergeDone"), 400, 401, 403, 404, 409, 413,
                             415, 422), "requestBody": _undo()},
        },
        f"{stem}/duplicates": {
            "get": {**_call("duplicates", _("Pairs that may be the same"), _json("200", "DuplicatePairs"), 401, 403,
                            404), "parameters": _asked(kind)},
        },
        **{
            f"{stem}/duplicates/{{pair_id}}/{verb}": {
                "parameters": [pair],
                "post": {**_call(verb, words, {"204": {"description": _("Done."), "headers": with_headers()}}, 400,
                                 401, 403, 404, 413, 415, 422), "requestBody": about},
            }
            for verb, words in (("dismiss", _("They are not the same")), ("open", _("They may be the same after all")))
        },
    }  # fmt: skip


def _wish(kind: Spec) -> Spec:
    parts = {
        "resource": kind,
        "survivor": _ID,
        "ids": {"type": "array", "items": _ID, "minItems": 1, "maxItems": 9},
        "fields": {"type": "object", "additionalProperties": _ID, "description": _("Whose value a field takes.")},
        "versions": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
    return _body(parts, ["resource", "survivor", "ids"])


def _undo() -> Spec:
    row = {"type": "object", "required": ["table", "id", "do"],
           "properties": {"table": _TEXT, "id": _ID, "do": {"type": "string", "enum": ["back", "leave"]}}}  # fmt: skip
    changed = {"type": "string", "enum": ["ask", "back", "leave"]}
    return {**_body({"changed": changed, "rows": {"type": "array", "items": row}}, []), "required": False}


def _asked(kind: Spec) -> list[Spec]:
    return [
        {"name": "resource", "in": "query", "required": True, "schema": kind},
        {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["open", "dismissed"]}},
        {"name": "after", "in": "query", "schema": _ID},
    ]


def schemas() -> dict[str, Spec]:
    """The shapes they answer with."""
    states = {"type": "string", "enum": [one.value for one in MERGE_STATES]}
    moved = {"type": "object", "additionalProperties": {"type": "integer"}}
    record = _object({"id": _ID, "label": _TEXT})
    pair = _object({
        "id": _ID, "records": {"type": "array", "items": record}, "score": {"type": "integer"},
        "reasons": {"type": "array", "items": _TEXT}, "hidden": {"type": ["string", "null"]},
    })  # fmt: skip
    return {
        "MergeDone": _object({
            "id": _ID, "resource": _TEXT, "survivor_id": _ID, "merged_ids": {"type": "array", "items": _ID},
            "state": states, "moved": moved,
        }),
        "DuplicatePairs": _object({
            "data": {"type": "array", "items": pair}, "next": {"type": ["string", "null"], "format": "uuid"},
        }),
    }  # fmt: skip


def _call(name: str, summary: str, responses: Spec, *statuses: int) -> Spec:
    return {
        "operationId": f"merging.{name}",
        "tags": [TAG],
        "summary": summary,
        "responses": responses | problems(*statuses),
    }


def _json(status: str, schema: str) -> Spec:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {status: {"description": _("How it stands."), "headers": with_headers(), "content": content}}


def _body(properties: Spec, required: list[str]) -> Spec:
    schema: Spec = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _object(properties: Spec) -> Spec:
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}
