"""The calls in the document that belong to no resource: files, which are no JSON, and the search over everything."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.files.pictures.drawing import WRITTEN
from app.files.pictures.sizes import SIZES
from app.host import Entry
from app.screens.rest.openapi.common import with_headers
from app.screens.rest.openapi.parameters import query
from app.screens.rest.openapi.paths import problems

Spec = dict[str, Any]
FILES, SEARCH = "files", "search"
_BYTES: Spec = {"type": "string", "format": "binary"}
_ID: Spec = {"type": "string", "format": "uuid"}
_PIXELS: Spec = {"type": "integer", "minimum": 1}


def tags() -> list[Spec]:
    """Their headings."""
    return [{"name": FILES, "description": _("Files")}, {"name": SEARCH, "description": _("Search")}]


def paths(entries: list[Entry]) -> dict[str, Spec]:
    """Their path items; `entries` are the resources that are shown."""
    attachment = {"name": "attachment_id", "in": "path", "required": True, "schema": _ID}
    return {
        "/api/v1/files": {"post": _upload([entry.key for entry in entries])},
        "/api/v1/files/{attachment_id}": {"parameters": [attachment], "get": _download()},
        **_pictures(entries),
        "/api/v1/search": {"get": _search([entry.key for entry in entries if entry.resource.search])},
    }


def schemas() -> dict[str, Spec]:
    """The shapes they answer with."""
    text: Spec = {"type": "string"}
    hit = {"id": _ID, "label": text, "hint": text, "href": text}
    group = {
        "kind": text,
        "title": text,
        "more": {"type": "boolean", "description": _("There are more: ask the list of this kind.")},
        "results": {"type": "array", "items": _object(hit)},
    }
    return {
        "StoredFile": _object({"id": _ID, "name": text, "mime": text, "size": {"type": "integer", "minimum": 1}}),
        "Picture": _object(
            {
                "key": text,
                "width": _PIXELS,
                "height": _PIXELS,
                "sizes": _object({name: {"$ref": "#/components/schemas/PictureSize"} for name in SIZES}),
            }
        ),
        "PictureSize": _object({"href": text, "width": _PIXELS, "height": _PIXELS}),
        "SearchGroup": _object(group),
    }


def _object(properties: Spec) -> Spec:
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}


def _upload(kinds: list[str]) -> Spec:
    parts = {
        "target_type": {"type": "string", "enum": kinds, "description": _("The kind of the record.")},
        "target_id": {**_ID, "description": _("The record that the file is to hang on.")},
        "file": {**_BYTES, "description": _("The file with its name.")},
    }
    content = {"multipart/form-data": {"schema": {"type": "object", "required": list(parts), "properties": parts}}}
    stored = {"application/json": {"schema": {"$ref": "#/components/schemas/StoredFile"}}}
    return {
        "operationId": "files.upload",
        "tags": [FILES],
        "summary": _("Hang a file on a record"),
        "description": _(
            "Needs the permission to change the record. The same file on the same record again is not stored twice: the"
            " answer is the first one."
        ),
        "requestBody": {"required": True, "content": content},
        "responses": {
            "201": {"description": _("The stored file."), "headers": with_headers("Location"), "content": stored}
        }
        | problems(400, 401, 403, 404, 409, 413, 415, 422),
    }


def _download() -> Spec:
    return {
        "operationId": "files.download",
        "tags": [FILES],
        "summary": _("Read the bytes of a file"),
        "description": _("Whoever may read the record may read its files."),
        "responses": {
            "200": {
                "description": _("The bytes, as a download."),
                "headers": with_headers(),
                "content": {"application/octet-stream": {"schema": _BYTES}},
            }
        }
        | problems(401, 403, 404),
    }


def _pictures(entries: list[Entry]) -> dict[str, Spec]:
    """Only where there are resources that have pictures."""
    fields = {entry.key: [one.name for one in entry.fields.values() if one.kind == "image"] for entry in entries}
    kinds, names = (
        [key for key, found in fields.items() if found],
        sorted({name for one in fields.values() for name in one}),
    )
    if not kinds:
        return {}
    picture = {"application/json": {"schema": {"$ref": "#/components/schemas/Picture"}}}
    what = {
        "resource": {"type": "string", "enum": kinds}, "field": {"type": "string", "enum": names},
        "key": {"type": "string", "pattern": "^[0-9a-f]{40}-[1-9][0-9]{0,3}x[1-9][0-9]{0,3}$"},
        "size": {"type": "string", "enum": list(SIZES)},
    }  # fmt: skip
    path = [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in what.items()]
    parts = {"resource": what["resource"], "field": what["field"], "file": _BYTES}
    content = {"multipart/form-data": {"schema": {"type": "object", "required": list(parts), "properties": parts}}}
    stem = "/api/v1/pictures/{resource}/{field}/{key}"
    return {
        "/api/v1/pictures": {"post": {
            "operationId": "pictures.upload", "tags": [FILES], "summary": _("Upload a picture for a field"),
            "description": _(
                "The answer's key is the value of the field. A picture that no record is saved with goes after a day."
            ),
            "requestBody": {"required": True, "content": content},
            "responses": {"201": {"description": _("The picture."), "headers": with_headers(), "content": picture}}
            | problems(400, 401, 403, 404, 409, 413, 415, 422),
        }},
        stem: {"parameters": path[:3], "get": {
            "operationId": "pictures.describe", "tags": [FILES], "summary": _("The sizes of a picture"),
            "responses": {"200": {"description": _("The picture."), "headers": with_headers(), "content": picture}}
            | problems(401, 403, 404),
        }},
        stem + "/{size}": {"parameters": path, "get": {
            "operationId": "pictures.download", "tags": [FILES], "summary": _("Read the bytes of a picture"),
            "description": _("Whoever may read a record that shows it may read the picture."),
            "responses": {"200": {
                "description": _("The bytes."), "headers": with_headers(), "content": {WRITTEN: {"schema": _BYTES}},
            }} | problems(401, 403, 404),
        }},
    }  # fmt: skip


def _search(kinds: list[str]) -> Spec:
    groups = {"type": "array", "items": {"$ref": "#/components/schemas/SearchGroup"}}
    one = {"type": "array", "items": {"type": "string", "enum": kinds}, "maxItems": 50}
    return {
        "operationId": "search",
        "tags": [SEARCH],
        "summary": _("Search in everything you may read"),
        "description": _("The best few of each kind; a record is found when every word begins one of its words."),
        "parameters": [
            query("q", {"type": "string", "maxLength": 200}, _("Words to search for.")) | {"required": True},
            query("kinds", one, _("Only these kinds.")) | {"style": "form", "explode": False},
            query("size", {"type": "integer", "minimum": 1, "maximum": 20, "default": 5}, _("Records of each kind.")),
        ],
        "responses": {
            "200": {
                "description": _("What was found, by kind."),
                "headers": with_headers(),
                "content": {"application/json": {"schema": _object({"data": groups})}},
            }
        }
        | problems(401, 403, 404, 422),
    }
