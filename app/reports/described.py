"""Reports in the OpenAPI document."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.host import Entry
from app.reports.asking import CHARTS, MOST_DIMENSIONS, MOST_FIGURES, MOST_TOP, TOP
from app.reports.models import NAME_LIMIT, QUERY_LIMIT
from app.screens.rest.openapi.calls import OF_CHANGES, call, json_answer, json_body, whole_object
from app.screens.rest.openapi.common import with_headers
from app.screens.rest.openapi.parameters import query

Spec = dict[str, Any]
TAG = "reports"
_call = partial(call, TAG)
_TEXT: Spec = {"type": "string"}
_ID: Spec = {"type": "string", "format": "uuid"}
_AUDIENCE: Spec = {"type": "string", "enum": ["private", "shared"]}


def tags() -> list[Spec]:
    return [{"name": TAG, "description": _("Reports")}]


def paths(entries: list[Entry]) -> dict[str, Spec]:
    """The path items; `entries` are the resources that are shown."""
    one = {"name": "report_id", "in": "path", "required": True, "schema": _ID}
    stem = "/api/v1/reports"
    change = _call("change", _("Change a saved report"), json_answer("200", "SavedReport"), *OF_CHANGES)
    return {
        f"{stem}/run": {"get": _run(entries)},
        f"{stem}/saved": {
            "post": _call(
                "save", _("Save a report"), json_answer("201", "SavedReport"), 400, 401, 403, 409, 413, 415, 422
            )
            | {"requestBody": json_body(_new(), "name", "source", "query")}
        },
        f"{stem}/saved/{{report_id}}": {
            "parameters": [one],
            "patch": change | {"requestBody": json_body(_changes())},
            "delete": _call("delete", _("Delete a saved report"), _gone(), 401, 403, 404),
        },
        f"{stem}/saved/{{report_id}}/result": {
            "parameters": [one],
            "get": _call("result", _("Run a saved report"), json_answer("200", "ReportResult"), 401, 403, 404, 422),
        },
    }


def schemas() -> dict[str, Spec]:
    """The shapes they answer with."""
    condition = whole_object({"name": _TEXT, "value": _TEXT})
    conditions = {"type": "array", "items": condition}
    group = whole_object(
        {
            "key": {"description": _("The value; null for what is empty, and for “others”.")},
            "label": _TEXT,
            "others": {"type": "boolean"},
            "conditions": {
                "type": ["array", "null"],
                "items": condition,
                "description": _("The filters of a list that mean these records."),
            },
        }
    )
    place = {"type": ["integer", "null"], "minimum": 0, "description": _("Null for a total.")}
    cell = whole_object({"row": place, "column": place, "count": {"type": "integer"}, "values": {"type": "array"}})
    named = whole_object({"key": _TEXT, "label": _TEXT})
    measured = whole_object({"key": _TEXT, "label": _TEXT, "kind": _TEXT})
    parts = {
        "source": _TEXT,
        "query": _TEXT,
        "by": {"type": "array", "items": named},
        "measures": {"type": "array", "items": measured},
        "rows": {"type": "array", "items": group},
        "columns": {"type": "array", "items": group},
        "cells": {"type": "array", "items": cell},
        "conditions": conditions,
    }
    kept = {"id": _ID, "name": _TEXT, "source": _TEXT, "query": _TEXT, "audience": _AUDIENCE}
    return {"ReportResult": whole_object(parts), "SavedReport": whole_object(kept)}


def _run(entries: list[Entry]) -> Spec:
    kinds = [entry.key for entry in entries if "read" in entry.verbs]
    words = {"type": "array", "items": _TEXT, "maxItems": MOST_FIGURES}
    groups = {"type": "array", "items": _TEXT, "maxItems": MOST_DIMENSIONS}
    grouped = _(
        "Fields to group by; a time with its grain, such as `created_at.month`; what leads to the records of a tree "
        "with those below, such as `owner.at_or_below`."
    )
    parameters = [
        query("source", {"type": "string", "examples": kinds[:3]}, _("A resource, or a dataset of a plugin."))
        | {"required": True},
        query("by", groups, grouped),
        query("measure", words, _("`count`, or `sum.`, `avg.`, `median.`, `min.`, `max.`, `distinct.` and a field.")),
        query("top", {"type": "integer", "minimum": 1, "maximum": MOST_TOP, "default": TOP}, _("Groups shown alone.")),
        query("order", _TEXT, _("A measure, or `by`; “-” for descending.")),
        query("chart", {"type": "string", "enum": list(CHARTS)}, _("Kept with a saved report; nothing else.")),
        query("q", {"type": "string", "maxLength": 200}, _("Words to search for.")),
    ]
    more = _(
        "All filters of the resource's list are understood as well. Numbers are those of the records you may read."
    )
    spec = _call("run", _("Count, sum and group records"), json_answer("200", "ReportResult"), 401, 403, 404, 422)
    return spec | {"parameters": parameters, "description": more}


def _new() -> Spec:
    return {
        "name": {"type": "string", "minLength": 1, "maxLength": NAME_LIMIT},
        "source": _TEXT,
        "query": {"type": "string", "maxLength": QUERY_LIMIT, "examples": ["by=source&measure=count"]},
        "audience": _AUDIENCE,
    }


def _changes() -> Spec:
    return {name: spec for name, spec in _new().items() if name != "source"}


def _gone() -> Spec:
    return {"204": {"description": _("Done."), "headers": with_headers()}}
