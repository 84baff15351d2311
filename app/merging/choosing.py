"""Which record each field of the survivor is taken from: as chosen, else the survivor's own, else the first that has
one. Tags and the like are put together; in a tree the survivor keeps its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.data import Field, Record
from app.host.custom_fields import PREFIX
from app.screens.reading.surface import as_uuid
from app.screens.writing.trees import link_of

LINK = "merged_into"


def mergeable_fields(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields that have one value each."""
    return {
        name: field
        for name, field in fields.items()
        if field.kind != "has_many" and name not in (LINK, "created_at", "updated_at", "deleted_at")
    }


def choosable(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Those that a person decides about."""
    return {name: field for name, field in mergeable_fields(fields).items() if not field.readonly}


def columns_of(field: Field) -> tuple[str, ...]:
    """The attributes that hold a field's value."""
    return (f"{field.name}_minor", f"{field.name}_currency") if field.kind == "money" else (field.column,)


def stored_value(record: Record, field: Field) -> Any:
    """What a record has in a field, as its columns hold it; None for nothing."""
    if field.name.startswith(PREFIX):
        return record.custom_fields.get(field.name.removeprefix(PREFIX))
    values = tuple(getattr(record, name) for name in columns_of(field))
    return None if values[0] in (None, "", [], {}) else values if len(values) > 1 else values[0]


def source_of(field: Field, survivor: Record, others: Sequence[Record], choices: Mapping[str, UUID]) -> Record:
    """The record whose value is taken."""
    everyone = {record.id: record for record in (survivor, *others)}
    if field.name in choices:
        return everyone[choices[field.name]]
    link = link_of(type(survivor))
    if field.kind == "flag" or (link is not None and field.name == link.name):
        return survivor
    return next((one for one in everyone.values() if _says(one, field, everyone)), survivor)


def _says(record: Record, field: Field, everyone: Mapping[UUID, Record]) -> bool:
    """Has it a value? A link to a record that is merged with it is none."""
    value = stored_value(record, field)
    return value is not None and not (field.picks and as_uuid(value) in everyone)


def united(records: Iterable[Record], field: Field) -> list[Any]:
    """The tags of all, in their order, each once."""
    return list(dict.fromkeys(tag for record in records for tag in stored_value(record, field) or ()))


def settle_fields(
    survivor: Record, others: Sequence[Record], choices: Mapping[str, UUID], own: Mapping[str, Field]
) -> None:
    """Give the survivor its values, those of fields that nobody may see among them; `own` are the custom ones."""
    for field in mergeable_fields(survivor.__fields__).values():
        if field.kind == "tags" and field.name not in choices:
            setattr(survivor, field.name, united((survivor, *others), field))
            continue
        name = field.column if field.kind == "belongs_to" else field.name
        value = getattr(source_of(field, survivor, others, choices), name)
        if field.kind == "belongs_to" and value in {record.id for record in (survivor, *others)}:
            value = None
        if getattr(survivor, name) != value:
            setattr(survivor, name, value)
    _settle_custom(survivor, others, choices, own)


def _settle_custom(
    survivor: Record, others: Sequence[Record], choices: Mapping[str, UUID], own: Mapping[str, Field]
) -> None:
    merged: dict[str, Any] = {}
    for record in (*reversed(others), survivor):
        merged |= record.custom_fields or {}
    for name, record_id in choices.items():
        if name.startswith(PREFIX):
            key = name.removeprefix(PREFIX)
            chosen = next(one for one in (survivor, *others) if one.id == record_id)
            merged.pop(key, None)
            if key in (chosen.custom_fields or {}):
                merged[key] = chosen.custom_fields[key]
    for field in own.values():
        _settle_several(merged, field, (survivor, *others), choices)
    if merged != survivor.custom_fields:
        survivor.custom_fields = merged


def _settle_several(
    merged: dict[str, Any], field: Field, records: Sequence[Record], choices: Mapping[str, UUID]
) -> None:
    """Tags of all of them are put together, and a link to one of them goes, as in fields with columns of their own."""
    key = field.name.removeprefix(PREFIX)
    if field.kind == "tags" and field.name not in choices and (tags := united(records, field)):
        merged[key] = tags
    if field.picks and as_uuid(merged.get(key, "")) in {record.id for record in records}:
        del merged[key]
