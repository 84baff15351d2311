"""Kinds that are times: days, and moments on the reader's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext as _

from app.data import Field
from app.screens.kinds.base import Kind, Schema, reader


class DayKind(Kind):
    operators = ("is", "before", "after", "between", "within", "empty")

    def parse(self, field: Field, text: str) -> Any:
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(_("“%(value)s” is not a date such as 2026-01-31.", value=text[:80])) from None

    def show(self, field: Field, value: Any) -> str:
        return str(value.isoformat())

    def schema(self, field: Field) -> Schema:
        return {"type": "string", "format": "date"}


class MomentKind(Kind):
    """In forms on the reader's clock, to the second where it has one; in JSON with its offset, in UTC."""

    operators = ("is", "before", "after", "between", "within", "empty")

    def parse(self, field: Field, text: str) -> Any:
        value = self._read(text)
        return (value if value.tzinfo else value.replace(tzinfo=reader().zone)).astimezone(UTC)

    def _read(self, text: str) -> datetime:
        try:
            value = datetime.fromisoformat(text.strip())
            if not 1 < value.year < 9999:
                raise ValueError
        except ValueError:
            raise ValueError(
                _("“%(value)s” is not a date and time such as 2026-01-31T14:30.", value=text[:80])
            ) from None
        return value

    def show(self, field: Field, value: Any) -> str:
        local = value.astimezone(reader().zone).replace(tzinfo=None)
        return str(local.isoformat(timespec="seconds" if local.second else "minutes"))

    def load(self, field: Field, data: Any) -> Any:
        if not isinstance(data, str):
            raise ValueError(_("This must be a text."))
        value = self._read(data)
        if value.tzinfo is None:
            raise ValueError(_("A moment needs its offset, such as 2026-01-31T14:30:00Z."))
        return value.astimezone(UTC)

    def dump(self, field: Field, value: Any) -> Any:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def schema(self, field: Field) -> Schema:
        return {"type": "string", "format": "date-time"}
