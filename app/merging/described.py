"""Merging in the OpenAPI document."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.host import Entry
from app.merging.models import MERGE_STATES
from app.screens.rest.openapi.calls import OF_CHANGES, call, json_answer, json_body, whole_object
from app.screens.rest.openapi.common import with_headers

Spec = dict[str, Any]
TAG = "merging"
_call = partial(call, TAG)
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
    about = json_body({"resource": kind}, "resource")
    return {
        f"{stem}/merges": {
            "post": {
                **_call("create", _("Merge records"), json_answer("201", "MergeDone"), *OF_CHANGES, 409),
                "requestBody": _wish(kind),
            }
        },
        f"{stem}/merges/{{merge_id}}/undo": {
            "parameters": [{**pair, "name": "merge_id"}],
            "post": {
                **_call("undo", _("Take a merge back"), json_answer("200", "MergeDone"), *OF_CHANGES, 409),
                "requestBody": _undo(),
            },
        },
        f"{stem}/duplicates": {
            "get": {
                **_call(
                    "duplicates", _("Pairs that may be the same"), json_answer("200", "DuplicatePairs"), 401, 403, 404
                ),
                "parameters": _asked(kind),
            },
        },
        **{
            f"{stem}/duplicates/{{pair_id}}/{verb}": {
                "parameters": [pair],
                "post": {
                    **_call(verb, words, {"204": {"description": _("Done."), "headers": with_headers()}}, *OF_CHANGES),
                    "requestBody": about,
                },
            }
            for verb, words in (("dismiss", _("They are not the same")), ("open", _("They may be the same after all")))
        },
    }


def _wish(kind: Spec) -> Spec:
    parts = {
        "resource": kind,
        "survivor": _ID,
        "ids": {"type": "array", "items": _ID, "minItems": 1, "maxItems": 9},
        "fields": {"type": "object", "additionalProperties": _ID, "description": _("Whose value a field takes.")},
        "versions": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
    return json_body(parts, "resource", "survivor", "ids")


def _undo() -> Spec:
    row = {
        "type": "object",
        "required": ["table", "id", "do"],
        "properties": {"table": _TEXT, "id": _ID, "do": {"type": "string", "enum": ["back", "leave"]}},
    }
    changed = {"type": "string", "enum": ["ask", "back", "leave"]}
    return {**json_body({"changed": changed, "rows": {"type": "array", "items": row}}), "required": False}


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
    record = whole_object({"id": _ID, "label": _TEXT})
    pair = whole_object(
        {
            "id": _ID,
            "records": {"type": "array", "items": record},
            "score": {"type": "integer"},
            "reasons": {"type": "array", "items": _TEXT},
            "hidden": {"type": ["string", "null"]},
        }
    )
    return {
        "MergeDone": whole_object(
            {
                "id": _ID,
                "resource": _TEXT,
                "survivor_id": _ID,
                "merged_ids": {"type": "array", "items": _ID},
                "state": states,
                "moved": moved,
            }
        ),
        "DuplicatePairs": whole_object(
            {
                "data": {"type": "array", "items": pair},
                "next": {"type": ["string", "null"], "format": "uuid"},
            }
        ),
    }
