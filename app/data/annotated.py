"""What the annotation of a field says: whether it may be empty, and of which type its values are."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any

from app.data.fields import Field

_HOLDS: Mapping[str, str] = {
    **dict.fromkeys(("text", "long_text", "choice", "email", "phone", "url"), "str"),
    "integer": "int", "decimal": "Decimal", "money": "Money", "flag": "bool", "day": "date", "moment": "datetime",
    "record_id": "UUID",
}  # fmt: skip


def is_required(model: type[Any], name: str, field: Field) -> bool:
    """Whether the field must have a value: `Mapped[str]`, not `Mapped[str | None]`. Raises TypeError for the annotation
    of another type, which would mislead whoever reads it and the type checker."""
    annotation = model.__annotations__.get(name)
    if annotation is None:
        return field.required
    _check_type(model, name, field, annotation)
    if isinstance(annotation, str):
        return "None" not in annotation and "Optional" not in annotation
    inner = typing.get_args(annotation)[0] if typing.get_args(annotation) else annotation
    return type(None) not in typing.get_args(inner)


def _check_type(model: type[Any], name: str, field: Field, annotation: Any) -> None:
    held = _HOLDS.get(field.kind)
    said = set(re.findall(r"\w+", str(annotation)))
    if held and held not in said and said & set(_HOLDS.values()):
        words = f"{model.__name__}.{name}: {field.kind}() holds {held}, so its annotation is Mapped[{held}]"
        raise TypeError(f"{words}, or Mapped[{held} | None] when it may be empty.")
