"""What a field's annotation says, held against what its helper makes: `cost: Mapped[int] = money()` is a slip."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any

HOLDS: Mapping[str, str] = {
    "text": "str", "long_text": "str", "choice": "str", "email": "str", "phone": "str", "url": "str",
    "money": "Money", "integer": "int", "decimal": "Decimal", "flag": "bool", "day": "date", "moment": "datetime",
    "tags": "list", "record_id": "UUID", "image": "str",
}  # fmt: skip
"""The Python type of each kind's values; what is not here may be anything."""


def check_annotation(model: type[Any], name: str, kind: str) -> None:
    """Raises TypeError, with a sentence, where the annotation of a field names another type than its values have."""
    said, wanted = _type_of(model.__annotations__.get(name)), HOLDS.get(kind)
    if said in (None, "Any") or wanted in (None, said):
        return
    shown = f"Mapped[{wanted}{'[str]' if wanted == 'list' else ''}]"
    raise TypeError(f"{model.__name__}.{name} is a {kind}, whose values are {wanted}: annotate it {shown}, not {said}.")


def _type_of(annotation: Any) -> str | None:
    """The name of the one type in an annotation; None where it is not to be known."""
    if isinstance(annotation, str):
        return _type_in(annotation)
    inside = typing.get_args(annotation)
    if not inside:
        return None
    if typing.get_origin(inside[0]) is list:
        return "list"
    found = [one for one in typing.get_args(inside[0]) or inside if one is not type(None)]
    return getattr(found[0], "__name__", None) if len(found) == 1 else None


def _type_in(annotation: str) -> str | None:
    """The same of one that is still a text, as it is in a module with `from __future__ import annotations`."""
    inner = annotation.rpartition("Mapped[")[2].removeprefix("Optional[").partition("[")[0]
    words = (part.rpartition(".")[2] for part in re.split(r"[|,\]\s]+", inner))
    names = [word for word in words if word not in ("", "None")]
    return names[0] if len(names) == 1 else None
