"""The operations of a resource in the document, taken from the same list that makes the views."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.data import Field
from app.host import Action
from app.host.extensions import guest_of
from app.screens.rest.openapi.common import with_headers
from app.screens.rest.openapi.declared import Declared
from app.screens.rest.openapi.parameters import list_parameters, query, ref, shape_parameters
from app.screens.rest.openapi.schemas import example_of, is_needed, write_schema
from app.screens.rest.resource_api import ONE, Operation, operations
from app.screens.writing.actions import parameter_fields

JSON = "application/json"
Spec = dict[str, Any]
_IDS = {"{record_id}": "RecordId", "{entry_id}": "EntryId"}


def paths_of(surface: Declared) -> dict[str, Spec]:
    """Path items of all operations of a resource."""
    found: dict[str, Spec] = {}
    for operation in operations(surface.entry):
        if (guest := guest_of(operation.verb)) and not surface.has(guest):
            continue
        path = surface.entry.api_path + operation.path.replace("<uuid:record_id>", "{record_id}")
        path = path.replace("<uuid:entry_id>", "{entry_id}")
        ids = [ref(name) for mark, name in _IDS.items() if mark in path]
        item = found.setdefault(path, {"parameters": ids} if ids else {})
        item[operation.method.lower()] = _operation(surface, operation)
    return found


def _operation(surface: Declared, operation: Operation) -> Spec:
    key = surface.entry.key
    made = _SPECS.get(operation.name)
    spec = made(surface) if made else _action(surface, operation)
    if surface.entry.is_mergeable and operation.path.startswith(ONE):
        spec = {**spec, "responses": {**spec["responses"], **_merged(operation)}}
    permission = f"{key}.{operation.verb}"
    return {
        "operationId": f"{key}.{operation.name}",
        "tags": [key],
        "description": _("Needs the permission `%(name)s`.", name=permission),
    } | spec


def _merged(operation: Operation) -> Spec:
    """Where a record went that was merged into another one."""
    statuses = (301, 410) if operation.method == "GET" else (410,)
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def _list(surface: Declared) -> Spec:
    page = _json_response(_("A page of records."), f"{surface.entry.key}.page", "ETag", "Link")
    return {
        "summary": _("List, filter, search, sort"),
        "parameters": [ref("IfNoneMatch"), *list_parameters(surface)],
        "responses": {"200": _or_paper(page), "304": _NOTHING_NEW} | problems(401, 403, 404, 422),
    }


def _get(surface: Declared) -> Spec:
    record = _json_response(_("The record."), surface.entry.key, "ETag")
    return {
        "summary": _("Read one"),
        "parameters": [ref("IfNoneMatch"), *shape_parameters(surface)],
        "responses": {"200": _or_paper(record), "304": _NOTHING_NEW} | problems(401, 403, 404, 422),
    }


def _create(surface: Declared) -> Spec:
    key = surface.entry.key
    return {
        "summary": _("Create"),
        "parameters": [ref("IdempotencyKey"), ref("Confirm"), *shape_parameters(surface)],
        "requestBody": _body({"$ref": f"#/components/schemas/{key}.new"}),
        "responses": {"201": _json_response(_("The new record."), key, "ETag", "Location")} | _WRITE_PROBLEMS,
    }


def _bulk(surface: Declared) -> Spec:
    key = surface.entry.key
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{key}"}}
    results = {"type": "array", "items": {"type": "object", "required": ["index", "status"]}}
    counts = {"type": "integer", "minimum": 0}
    each = {"created": counts, "refused": counts, "rows": results}
    return {
        "summary": _("Create up to a hundred"),
        "parameters": [ref("IdempotencyKey"), ref("Confirm"), ref("Atomic"), *shape_parameters(surface)],
        "requestBody": _body({"$ref": f"#/components/schemas/{key}.many"}),
        "responses": {
            "201": _inline_response(_("The new records, in the order they were sent."), {"data": rows}),
            "200": _inline_response(_("With `atomic=0`: a result for each row."), each),
        }
        | _WRITE_PROBLEMS,
    }


def _change(surface: Declared) -> Spec:
    key = surface.entry.key
    return {
        "summary": _("Change the fields that are sent"),
        "description": _change_words(surface),
        "parameters": [ref("IfMatch"), ref("Confirm"), *shape_parameters(surface)],
        "requestBody": _body({"$ref": f"#/components/schemas/{key}.change"}),
        "responses": {"200": _json_response(_("The record as it is now."), key, "ETag")} | _CHANGE_PROBLEMS,
    }


def _change_words(surface: Declared) -> str:
    """What is left alone and what is replaced; of collections where there are any."""
    words = [
        _("Needs the permission `%(name)s`.", name=f"{surface.entry.key}.update"),
        _("Fields that are not sent stay. There is no PUT: a record is never replaced as a whole."),
    ]
    if names := ", ".join(f"`{name}`" for name in surface.inlines()):
        told = _(
            "A list that is sent (%(names)s) stands for all its rows, as RFC 7396 has it: rows with an `id` are"
            " changed and keep the fields that are not sent, rows without one are added, rows that are not named are"
            " deleted. All of it is saved, or nothing; errors name the row, as in `%(name)s.0.value`.",
            names=names, name=next(iter(surface.inlines())),
        )  # fmt: skip
        words.append(told)
    return " ".join(words)


def _remove(surface: Declared) -> Spec:
    trash = surface.model.__soft_delete__
    return {
        "summary": _("Put into the trash") if trash else _("Delete for good"),
        "parameters": [ref("IfMatch"), *shape_parameters(surface)],
        "responses": {"204": {"description": _("Done."), "headers": with_headers()}}
        | problems(401, 403, 404, 409, 412, 422),
    }


def _restore(surface: Declared) -> Spec:
    record = _json_response(_("The record, back from the trash."), surface.entry.key, "ETag")
    return {
        "summary": _("Bring back from the trash"),
        "parameters": [ref("IfMatch"), ref("IdempotencyKey"), *shape_parameters(surface)],
        "responses": {"200": record} | problems(401, 403, 404, 409, 412, 413, 422),
    }


def _history(surface: Declared) -> Spec:
    return {
        "summary": _("What happened to it"),
        "parameters": [query("before", {"type": "integer", "minimum": 0}, _("`next` of a page: older entries."))],
        "responses": {"200": _json_response(_("Entries, newest first."), "History")} | problems(401, 403, 404, 422),
    }


def _restore_version(surface: Declared) -> Spec:
    names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    schema = {"type": "object", "additionalProperties": False, "properties": {"fields": names}}
    record = _json_response(_("The record as it is now."), surface.entry.key, "ETag")
    return {
        "summary": _("Bring back the version an entry made, or what fields held before it"),
        "parameters": [ref("IfMatch"), ref("IdempotencyKey"), ref("Confirm"), *shape_parameters(surface)],
        "requestBody": _body(schema, required=False),
        "responses": {"200": record} | _CHANGE_PROBLEMS,
    }


_SPECS = {
    "list": _list,
    "get": _get,
    "create": _create,
    "bulk": _bulk,
    "change": _change,
    "remove": _remove,
    "restore": _restore,
    "history": _history,
    "restore_version": _restore_version,
}


def _action(surface: Declared, operation: Operation) -> Spec:
    action = surface.entry.actions[operation.verb]
    if operation.name.endswith("_on_many"):
        return _action_on_many(action)
    done = {"message": {"type": ["string", "null"]}, "data": {"anyOf": [_schema_ref(surface), {"type": "null"}]}}
    return {
        "summary": str(action.title),
        "parameters": [ref("IfMatch"), ref("IdempotencyKey"), *shape_parameters(surface)],
        "requestBody": _body(_parameters_schema(action, {}), required=bool(action.parameters)),
        "responses": {"200": _inline_response(_("Done."), done)} | _CHANGE_PROBLEMS,
    }


def _action_on_many(action: Action) -> Spec:
    text = {"type": "string", "minLength": 1, "maxLength": 500}
    chosen = {
        "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1, "maxItems": 1000},
        "filter": {
            "type": "object",
            "description": _("As the list's arguments; {} for all records."),
            "additionalProperties": {"anyOf": [text, {"type": "array", "items": text}]},
            "examples": [{"q": "ali"}],
        },
    }
    schema = _parameters_schema(action, chosen)
    schema["oneOf"] = [{"required": ["ids"]}, {"required": ["filter"]}]
    return {
        "summary": _("%(action)s: many", action=action.title),
        "parameters": [ref("IdempotencyKey")],
        "requestBody": _body(schema),
        "responses": {"200": _json_response(_("Done."), "Done")} | _WRITE_PROBLEMS,
    }


def _parameters_schema(action: Action, chosen: Spec) -> Spec:
    fields: dict[str, Field] = parameter_fields(action)
    needed = [name for name, field in fields.items() if is_needed(field)]
    properties = {**chosen, **{name: write_schema(field) for name, field in fields.items()}}
    schema: Spec = {"type": "object", "additionalProperties": False, "properties": properties}
    if needed:
        schema["required"] = needed
    if not chosen:
        schema["examples"] = [{name: example_of(field) for name, field in fields.items()}]
    return schema


def _schema_ref(surface: Declared) -> Spec:
    return {"$ref": f"#/components/schemas/{surface.entry.key}"}


def _body(schema: Spec, *, required: bool = True) -> Spec:
    return {"required": required, "content": {JSON: {"schema": schema}}}


def _json_response(description: str, schema: str, *headers: str) -> Spec:
    content = {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "headers": with_headers(*headers), "content": content}


def _or_paper(response: Spec) -> Spec:
    """The same as a document for who accepts `application/pdf`."""
    return {
        **response,
        "content": response["content"] | {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }


def _inline_response(description: str, properties: Spec) -> Spec:
    schema = {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}
    return {"description": description, "headers": with_headers(), "content": {JSON: {"schema": schema}}}


def problems(*statuses: int) -> Spec:
    """References to the refusals a call may answer with; some, every call may."""
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in (*statuses, 429, 500, 503)}


_NOTHING_NEW: Spec = {"description": "Not modified"}
_WRITE_PROBLEMS = problems(400, 401, 403, 404, 409, 413, 415, 422)
_CHANGE_PROBLEMS = problems(400, 401, 403, 404, 409, 412, 413, 415, 422)
