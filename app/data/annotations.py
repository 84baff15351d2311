"""What a field's annotation says, held against what its helper makes: `cost: Mapped[int] = money()` is a slip."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any

HOLDS: Mapping[str, str] = {
    "text": "str", "long_text": "str", "choice": "str", "email": "str", "phone": "str", "url": "str",
    "money": "Money", "integer": "int", "decimal": "Decimal", "flag": "bool", "day": "date", "moment": "datetime",
    "tags": "list", "record_id": "UUID",
}  # fmt: skip
"""The Python type of each kind's values; what is not here may be anything."""
_NAME = re.compile(r"\w+")


def check_annotation(model: type[Any], name: str, kind: str) -> None:
    """Raises TypeError, with a sentence, where the annotation of a field names another type than its values have."""
    said, wanted = _type_of(model.__annotations__.get(name)), HOLDS.get(kind)
    if said in (None, "Any") or wanted in (None, said):
        return
    shown = f"Mapped[{wanted}{'[str]' if wanted == 'list' else ''}]"
    raise TypeError(f"{model.__name__}.{name} is a {kind}, whose values are {wanted}: annotate it {shown}, not {said}.")


def _type_of(annotation: Any) -> str | None:
    """The name of the one type in an annotation; None where it is not to be known."""
    if annotation is None:
        return None
    if isinstance(annotation, str):
        inner = annotation.strip().rpartition("Mapped[")[2] if "Mapped[" in annotation else annotation
        inner = inner.partition("[")[0] if not inner.startswith("Optional[") else inner.removeprefix("Optional[")
        names = [part.rpartition(".")[2] for part in re.split(r"[|,\]\s]+", inner) if part and part != "None"]
        return names[0] if len(names) == 1 and _NAME.fullmatch(names[0]) else None
    inner = typing.get_args(annotation)
    found = [one for one in (typing.get_args(inner[0]) or inner[:1]) if one is not type(None)] if inner else []
    origin = typing.get_origin(inner[0]) if inner else None
    if isinstance(origin, type) and origin is list:
        return "list"
    return getattr(found[0], "__name__", None) if len(found) == 1 else None
