"""Rows as JSON values. What each column needs is decided once a request, so a row costs a few dictionary writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.data import Field
from app.host.custom_fields import PREFIX
from app.screens.kinds import kind_of
from app.screens.reading import Line, Surface

JsonRow = dict[str, Any]
Convert = Callable[[Any], Any]

_AS_STORED = frozenset({"text", "long_text", "choice", "integer", "flag", "day", "json", "phone", "email", "url",
                        "tags", "image", "record_id", "belongs_to"})  # fmt: skip
"""Kinds whose stored value is written as it is: the JSON writer knows dates and ids."""


def readable(surface: Surface) -> tuple[Field, ...]:
    """The fields of a full representation: all the person may see, custom ones last, without collections."""
    fields = [f for f in surface.fields.values() if f.kind != "has_many" and f.name != "deleted_at"]
    return tuple(sorted(fields, key=is_custom))


def is_custom(field: Field) -> bool:
    return field.name.startswith(PREFIX)


class Dumper:
    """Turns lines of these columns into objects. Custom columns must come last; they go into `custom_fields`."""

    def __init__(self, columns: Sequence[Field]) -> None:
        plain = [field for field in columns if not is_custom(field)]
        custom = [field for field in columns if is_custom(field)]
        self._names = ("id", "version", *(field.name for field in plain))
        self._converts = [(field.name, convert) for field in plain if (convert := converter(field)) is not None]
        self._first_custom = len(plain)
        self._custom = [(field.name.removeprefix(PREFIX), kind_of(field).dump, field) for field in custom]

    def __call__(self, line: Line) -> JsonRow:
        row: JsonRow = dict(zip(self._names, (line.id, line.version, *line.values), strict=False))
        for name, convert in self._converts:
            value = row[name]
            if value is not None:
                row[name] = convert(value)
        if self._custom:
            values = line.values[self._first_custom :]
            row["custom_fields"] = {
                key: None if value is None else dump(field, value)
                for (key, dump, field), value in zip(self._custom, values, strict=True)
            }
        return row


def converter(field: Field) -> Convert | None:
    """What a stored value must go through; nothing for most kinds."""
    if field.kind in _AS_STORED:
        return None
    if field.kind == "moment":
        return _in_utc
    kind = kind_of(field)
    return lambda value: kind.dump(field, value)


def _in_utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def labelled(row: JsonRow, label: str | None, extra: Mapping[str, Any] | None = None) -> JsonRow:
    """An expanded reference: the id and the words first."""
    return {"id": row["id"], "label": label, **row, **(extra or {})}
