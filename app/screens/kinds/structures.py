"""Kinds that are more than one value: JSON, and references to other records."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from uuid import UUID

from flask_babel import gettext as _

from app.data import Field
from app.files.pictures.sizes import shape_of
from app.screens.kinds.base import Kind, Schema

_LONGEST = 200_000


class JsonKind(Kind):
    operators = ("empty",)

    def parse(self, field: Field, text: str) -> Any:
        if len(text) > _LONGEST:
            raise ValueError(_("This is too long."))
        try:
            return self._checked(json.loads(text))
        except (json.JSONDecodeError, RecursionError) as error:
            line = getattr(error, "lineno", 1)
            raise ValueError(_("This is not valid JSON (line %(line)s).", line=line)) from None

    def _checked(self, value: Any) -> Any:
        text = json.dumps(value)
        if "\\u0000" in text or "NaN" in text or "Infinity" in text or "\\ud8" in text.lower():
            json_text = json.dumps(value, ensure_ascii=False)
            try:
                json.loads(json_text.encode().decode(), parse_constant=_refuse)
            except (ValueError, UnicodeEncodeError):
                raise ValueError(_("This holds a value that cannot be stored (NaN or Infinity).")) from None
            if "\\u0000" in text:
                raise ValueError(_("This holds a character that cannot be stored, such as a control character."))
        return value

    def show(self, field: Field, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=2)

    def load(self, field: Field, data: Any) -> Any:
        return self._checked(data)

    def dump(self, field: Field, value: Any) -> Any:
        return value

    def schema(self, field: Field) -> Schema:
        """Any JSON value, unless the field says more of it (`json(extra={"schema": ...})`)."""
        return dict(field.extra.get("schema", {"description": "Any JSON value"}))


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


class BelongsToKind(Kind):
    """The other record's id. Whether it exists and may be chosen is asked of the database when the row is saved."""

    operators: ClassVar[tuple[str, ...]] = ("is", "one_of", "none_of", "empty")

    def parse(self, field: Field, text: str) -> Any:
        try:
            return UUID(text.strip())
        except ValueError:
            raise ValueError(_("Please choose one from the list.")) from None

    def show(self, field: Field, value: Any) -> str:
        return str(value)

    def schema(self, field: Field) -> Schema:
        return {"type": "string", "format": "uuid"}


class RecordIdKind(BelongsToKind):
    """The id of a record of any kind."""


class HasManyKind(Kind):
    """Rows edited inside the form; in REST they have an address of their own and are shown by `expand`."""

    operators = ()

    def schema(self, field: Field) -> Schema:
        return {"type": "array", "items": {"type": "object"}, "readOnly": True}


class ImageKind(Kind):
    """The key of a picture, which uploading it gives. Whether it is there is asked of the database when it is saved."""

    operators: ClassVar[tuple[str, ...]] = ("empty",)

    def parse(self, field: Field, text: str) -> Any:
        key = text.strip()
        if shape_of(key) is None:
            raise ValueError(_("This is no picture that was uploaded here. Please choose a file."))
        return key

    def schema(self, field: Field) -> Schema:
        words = "The key of a picture, as POST /api/v1/pictures answers it"
        return {"type": "string", "maxLength": field.max_length, "description": words}
