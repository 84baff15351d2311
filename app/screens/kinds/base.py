"""The interface of a kind, and the reader whose language and clock its texts are in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.data import Field
from app.identity.principal import principal

Schema = dict[str, Any]
UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Reader:
    """How the person at hand writes dates, numbers and phone numbers."""

    locale: str = "en"
    zone: ZoneInfo = UTC_ZONE
    currency: str = "USD"
    country: str = "US"


_DEFAULT = Reader()


def reader() -> Reader:
    """The reader of this request: their own settings, then the tenant's."""
    person = principal()
    if person is None:
        return _DEFAULT
    tenant = person.tenant
    return _reader(
        person.locale or (tenant.locale if tenant else "en"),
        person.timezone or (tenant.timezone if tenant else "UTC"),
        tenant.currency if tenant else "USD",
        tenant.country if tenant else "US",
    )


@lru_cache(maxsize=500)
def _reader(locale: str, timezone: str, currency: str, country: str) -> Reader:
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return Reader(locale, zone, currency, country)


class Kind:
    """One kind of field. `parse` and `load` raise ValueError with a sentence for the person who typed the value."""

    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "one_of", "none_of", "empty")

    def parse(self, field: Field, text: str) -> Any:
        """The value that a person typed; an empty text never comes here."""
        raise NotImplementedError

    def show(self, field: Field, value: Any) -> str:
        """The text of a form control for a value that is not None: `parse` of it gives the value back."""
        return str(value)

    def load(self, field: Field, data: Any) -> Any:
        """The value that JSON gave; None never comes here."""
        if not isinstance(data, str):
            raise ValueError(_("This must be a text."))
        return self.parse(field, data) if data.strip() else None

    def dump(self, field: Field, value: Any) -> Any:
        """The value as JSON; None never comes here."""
        return self.show(field, value)

    def schema(self, field: Field) -> Schema:
        """JSON Schema of `dump` and `load`, without null."""
        return {"type": "string"}

    def operand(self, field: Field, text: str) -> Any:
        """A filter's value. By default what a form would accept."""
        return self.parse(field, text)


_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str, limit: int | None, *, lines: bool = False) -> str:
    """Text fit to be stored: no control characters, no broken Unicode, no blanks around, not too long, in NFC."""
    value = text.strip() if not lines else text.rstrip()
    if value.isascii() and value.isprintable():
        return _within(value, limit)
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if _FORBIDDEN.search(value) or (not lines and ("\n" in value or "\t" in value)):
        raise ValueError(
            _("This holds a character that cannot be stored, such as a line break or a control character.")
        )
    return _within(unicodedata.normalize("NFC", value), limit)


def _within(value: str, limit: int | None) -> str:
    """The text, unless it is too long."""
    if limit is not None and len(value) > limit:
        raise ValueError(
            _("Please use at most %(count)s characters; this has %(length)s.", count=limit, length=len(value))
        )
    return value
