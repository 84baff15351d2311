"""JSON Schema of a resource's records: as they are read, created and changed. Each with an example that validates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.data import Field
from app.host.custom_fields import PREFIX
from app.screens.kinds import kind_of
from app.screens.rest.bulk import MOST
from app.screens.rest.dumping import is_custom, readable
from app.screens.rest.expansion import MOST_CHILDREN
from app.screens.rest.openapi.declared import Declared
from app.screens.writing.json_body import MOST_ROWS
from app.screens.writing.submission import inline_fields

Schema = dict[str, Any]
EXAMPLE_ID = str(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


def schemas_of(surface: Declared) -> dict[str, Schema]:
    """Every schema of a resource, by its name among the components."""
    key, verbs = surface.entry.key, surface.entry.verbs
    found = {key: record_schema(surface), f"{key}.page": _page(key)}
    if "create" in verbs:
        found[f"{key}.new"] = input_schema(surface, is_new=True)
        found[f"{key}.many"] = _many(key)
    if "update" in verbs:
        found[f"{key}.change"] = input_schema(surface, is_new=False)
    return found


def record_schema(surface: Declared) -> Schema:
    """As read. Only the key and the version are sure: `fields` leaves others out, and rules may hide them."""
    columns = readable(surface)
    properties: dict[str, Schema] = {
        "id": {"type": "string", "format": "uuid", "readOnly": True},
        "version": {"type": "integer", "minimum": 1, "readOnly": True},
    }
    properties |= {field.name: _read(surface, field) for field in columns if not is_custom(field)}
    properties |= {f.name: _collection(surface, f) for f in surface.fields.values() if f.kind == "has_many"}
    custom = [field for field in columns if is_custom(field)]
    if custom:
        properties["custom_fields"] = _object({_key(field): _read(surface, field) for field in custom})
    example = {"id": EXAMPLE_ID, "version": 1} | _example(field for field in columns)
    return {
        "title": surface.entry.resource.words,
        "required": ["id", "version"],
        **_object(properties),
        "examples": [example],
    }


def input_schema(surface: Declared, *, is_new: bool) -> Schema:
    """As sent: fields that may be written, and no others."""
    fields = surface.editable(is_new=is_new)
    plain = {name: write_schema(field) for name, field in fields.items() if not is_custom(field)}
    custom = {_key(field): write_schema(field) for field in fields.values() if is_custom(field)}
    if custom:
        needed = [_key(field) for field in fields.values() if is_custom(field) and is_new and is_needed(field)]
        plain["custom_fields"] = _object(custom) | ({"required": needed} if needed else {})
    needed = [name for name, field in fields.items() if is_new and is_needed(field) and not is_custom(field)]
    if "required" in plain.get("custom_fields", {}):
        needed.append("custom_fields")
    plain |= {name: _rows(surface, one, is_new=is_new) for name, one in surface.inlines().items()}
    shown = [field for field in fields.values() if not is_new or is_needed(field) or is_custom(field)]
    schema = {"title": surface.entry.resource.words, **_object(plain), "examples": [_example(shown)]}
    return schema | ({"required": needed} if needed else {})


def _rows(surface: Declared, collection: Field, *, is_new: bool) -> Schema:
    """The rows of a collection as they are sent with their record."""
    child = surface.target(collection)
    fields = inline_fields(surface, collection, child)
    plain = {name: write_schema(field) for name, field in fields.items() if not is_custom(field)}
    custom = {_key(field): write_schema(field) for field in fields.values() if is_custom(field)}
    if custom:
        plain["custom_fields"] = _object(custom)
    needed = [name for name, field in fields.items() if is_needed(field) and not is_custom(field)]
    if is_new:
        items = _object(plain) | ({"required": needed} if needed else {})
    else:
        keys = {"id": {"type": "string", "format": "uuid"}, "version": {"type": "integer", "minimum": 1}}
        items = _object(keys | plain)
    return {"type": "array", "title": collection.words, "maxItems": MOST_ROWS, "items": items}


def is_needed(field: Field) -> bool:
    """Must a new record name it?"""
    return field.required and field.default is None and field.kind not in ("flag", "tags")


def write_schema(field: Field) -> Schema:
    """What may be sent for a field."""
    schema = described(field, kind_of(field).schema(field))
    if field.required and schema.get("type") == "string" and "enum" not in schema and "format" not in schema:
        schema["minLength"] = 1
    return schema if field.required or field.kind in ("flag", "tags") else or_null(schema)


def described(field: Field, schema: Schema) -> Schema:
    """With the field's label and help, and the default where it is plain."""
    found = {**schema, "title": field.words}
    if field.help:
        found["description"] = str(field.help)
    if isinstance(field.default, str | int | bool) and not callable(field.default):
        found["default"] = field.default
    return found


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    if "type" not in schema:
        return schema
    found = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None]
    return found


def _read(surface: Declared, field: Field) -> Schema:
    schema = described(field, kind_of(field).schema(field))
    schema.pop("default", None)
    if is_custom(field) and "enum" in schema:
        schema["examples"] = schema.pop("enum")  # records may hold a choice that was taken off the list since
    if field.readonly:
        schema["readOnly"] = True
    if field.kind != "belongs_to":
        return schema if field.required or field.kind in ("flag", "tags") else or_null(schema)
    title = schema.pop("title")
    options: list[Schema] = [schema, {"$ref": "#/components/schemas/Reference"}]
    return {"title": title, "anyOf": options if field.required else [*options, {"type": "null"}]}


def _collection(surface: Declared, field: Field) -> Schema:
    """Present when it is expanded."""
    other = surface.target(field)
    items: Schema = {"$ref": f"#/components/schemas/{other.entry.key}"} if other else {"type": "object"}
    return {"type": "array", "title": field.words, "maxItems": MOST_CHILDREN, "readOnly": True, "items": items}


def _object(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _page(key: str) -> Schema:
    cursor: Schema = {"type": ["string", "null"], "description": "Send it as `cursor`."}
    return {
        "required": ["data", "next", "previous", "count"],
        **_object(
            {
                "data": {"type": "array", "maxItems": 200, "items": {"$ref": f"#/components/schemas/{key}"}},
                "next": cursor,
                "previous": cursor,
                "count": {"anyOf": [{"$ref": "#/components/schemas/Count"}, {"type": "null"}]},
            }
        ),
    }


def _many(key: str) -> Schema:
    items = {"$ref": f"#/components/schemas/{key}.new"}
    rows: Schema = {"type": "array", "minItems": 1, "maxItems": MOST, "items": items}
    return {"required": ["data"], **_object({"data": rows})}


def _key(field: Field) -> str:
    return field.name.removeprefix(PREFIX)


def _example(fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        if is_custom(field):
            found.setdefault("custom_fields", {})[_key(field)] = example_of(field)
        else:
            found[field.name] = example_of(field)
    return found


def example_of(field: Field) -> Any:
    """A believable value that the schema accepts."""
    match field.kind:
        case "text" | "long_text":
            return field.words[: field.max_length or 100]
        case "choice":
            return field.choices[0].value if field.choices else ""
        case "integer":
            return _within(field, 1)
        case "decimal":
            return str(_within(field, 1))
        case "json" if "schema" in field.extra:
            return next(iter(field.extra["schema"].get("examples", ({},))))
    return _EXAMPLES[field.kind]


def _within(field: Field, value: int) -> int:
    low = value if field.minimum is None else max(value, int(field.minimum))
    return low if field.maximum is None else min(low, int(field.maximum))


_EXAMPLES: dict[str, Any] = {
    "money": {"amount": "12.50", "currency": "USD"},
    "flag": False,
    "day": "2026-01-31",
    "moment": "2026-01-31T14:30:00Z",
    "json": {},
    "tags": ["vip"],
    "phone": "+966501234567",
    "email": "mona@example.com",
    "url": "https://example.com",
    "image": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b-1600x1200",
    "record_id": EXAMPLE_ID,
    "belongs_to": EXAMPLE_ID,
}
