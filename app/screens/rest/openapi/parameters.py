"""The arguments of calls: of lists one a field and operator, typed; headers; the shape of what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from app.data import Field
from app.screens.kinds import kind_of
from app.screens.reading.branches import AT_OR_BELOW, operators_of
from app.screens.reading.periods import PERIODS
from app.screens.reading.request import MAX_SIZE, MAX_TEXT, MAX_VALUES
from app.screens.rest.arguments import DEFAULT_SIZE
from app.screens.rest.dumping import is_custom, readable
from app.screens.rest.openapi.declared import Declared

Parameter = dict[str, Any]
_SIZE = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
_COUNT = {"type": "string", "enum": ["none", "capped", "exact"], "default": "none"}
_SEVERAL = ("one_of", "none_of", "between")
_STRING: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}


def list_parameters(surface: Declared) -> list[Parameter]:
    """Everything a list understands."""
    sorts = [f"{sign}{name}" for name in surface.sortable() for sign in ("", "-")]
    found = [
        query("q", {"type": "string", "maxLength": 200}, _("Words to search for.")),
        query("sort", {"type": "string", "enum": sorts}, _("The order; “-” for descending.")),
        query("cursor", {"type": "string"}, _("`next` or `previous` of a page.")),
        query("size", _SIZE, _("Records a page.")),
        query("count", _COUNT, _("Whether to count.")),
    ]
    if surface.model.__soft_delete__:
        found.append(query("trash", {"type": "boolean", "default": False}, _("The trash instead of the records.")))
    if surface.model.__archive__:
        found.append(query("archived", {"type": "boolean", "default": False}, _("The archive instead of the records.")))
    return [*found, *shape_parameters(surface), *_filters(surface)]


def shape_parameters(surface: Declared) -> list[Parameter]:
    """`fields` and `expand`."""
    names = [field.name for field in readable(surface)]
    if any(is_custom(surface.fields[name]) for name in names):
        names.append("custom_fields")
    found = [_several("fields", ["id", "version", *names], _("Only these fields."))]
    relations = [field.name for field in surface.fields.values() if field.kind in ("belongs_to", "has_many")]
    if relations:
        found.append(_several("expand", relations, _("Show these related records in full.")))
    return found


def query(name: str, schema: dict[str, Any], description: str) -> Parameter:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _several(name: str, values: list[str], description: str) -> Parameter:
    schema = {"type": "array", "items": {"type": "string", "enum": values}, "maxItems": 100}
    if name == "expand":
        schema["maxItems"] = 8
    return query(name, schema, description) | {"style": "form", "explode": False}


def _filters(surface: Declared) -> Iterator[Parameter]:
    for name, field in surface.filterable().items():
        for operator in operators_of(surface, field):
            parameter = query(f"{name}.{operator}", *_operand(field, operator))
            yield parameter | ({"style": "form", "explode": False} if operator in _SEVERAL else {})


def _operand(field: Field, operator: str) -> tuple[dict[str, Any], str]:
    words = _("%(field)s: %(operator)s", field=field.words, operator=operator.replace("_", " "))
    if operator == "empty":
        return {"type": "boolean"}, words
    if operator in ("contains", "starts"):
        return _STRING, words
    if operator == "within":
        return {"type": "string", "enum": list(PERIODS)}, words
    if operator == "currency":
        return {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]}, words
    one = operand_schema(field)
    if operator == AT_OR_BELOW:
        return one, _("%(field)s: this one, or one below it", field=field.words)
    if operator in ("one_of", "none_of"):
        return {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_VALUES}, words
    if operator == "between":
        return {"type": "array", "items": one, "minItems": 2, "maxItems": 2}, words
    return one, words


def operand_schema(field: Field) -> dict[str, Any]:
    """The schema of one value of a filter, as it stands in the address."""
    match field.kind:
        case "money":
            return {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,2})? [A-Z]{3}$", "examples": ["12.50 USD"]}
        case "moment":
            words = _("A moment, or a day for the whole of it.")
            formats = [{"format": "date-time"}, {"format": "date"}]
            return {"type": "string", "anyOf": formats, "description": words}
        case "text" | "email" | "url" | "phone" | "tags":
            return _STRING
    return kind_of(field).schema(field)


RECORD_ID: Parameter = {
    "name": "record_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}


def header(name: str, description: str, **schema: Any) -> Parameter:
    return {"name": name, "in": "header", "schema": {"type": "string", **schema}, "description": description}


def shared_parameters() -> dict[str, Parameter]:
    """Parameters that every resource refers to, by their name among the components."""
    return {
        "RecordId": RECORD_ID,
        "EntryId": {**RECORD_ID, "name": "entry_id"},
        "IfMatch": header("If-Match", _("The `ETag` of the record you read: refused when it has changed since.")),
        "IfNoneMatch": header("If-None-Match", _("The `ETag` you hold: 304 when it is still the same.")),
        "IdempotencyKey": header(
            "Idempotency-Key",
            _("Any text, new for each request: sent again, it gives the first answer and does nothing."),
            minLength=1,
            maxLength=255,
        ),
        "Confirm": query("confirm", {"type": "boolean"}, _("Save in spite of warnings.")),
        "Atomic": query("atomic", {"type": "boolean", "default": True}, _("All or nothing, or each on its own.")),
    }


def ref(name: str) -> Parameter:
    return {"$ref": f"#/components/parameters/{name}"}
