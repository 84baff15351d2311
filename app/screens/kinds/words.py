"""Kinds that are text: one line, several lines, addresses of all sorts, choices, tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from app.data import Field
from app.data.codes import Codes
from app.data.phones import to_e164
from app.screens.kinds.base import Kind, Schema, clean, reader


class TextKind(Kind):
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "starts", "contains", "one_of", "none_of", "empty")

    def parse(self, field: Field, text: str) -> Any:
        return clean(text, field.max_length)

    def schema(self, field: Field) -> Schema:
        return {"type": "string", "maxLength": field.max_length} if field.max_length else {"type": "string"}


class LongTextKind(TextKind):
    operators = ("contains", "empty")

    def parse(self, field: Field, text: str) -> Any:
        return clean(text, field.max_length, lines=True)


class ChoiceKind(Kind):
    def parse(self, field: Field, text: str) -> Any:
        value = text.strip()
        if isinstance(field.choices, Codes):
            return _code(field.choices, value)
        if field.open:
            return clean(value, field.max_length)
        if value not in {one.value for one in field.choices}:
            raise _not_one_of(value, [one.words for one in field.choices])
        return value

    def load(self, field: Field, data: Any) -> Any:
        """A program sends what is stored, so it is told that, and not what people read."""
        value = data.strip() if isinstance(data, str) else data
        is_free = field.open or isinstance(field.choices, Codes) or not isinstance(value, str)
        if value and not is_free and value not in {one.value for one in field.choices}:
            raise _not_one_of(value, [one.value for one in field.choices])
        return super().load(field, data)

    def operand(self, field: Field, text: str) -> Any:
        """A record may hold what no standard knows: it was stored before that was asked."""
        if isinstance(field.choices, Codes):
            return field.choices.code_of(text.strip()) or clean(text, field.max_length)
        return self.load(field, text)

    def schema(self, field: Field) -> Schema:
        if isinstance(field.choices, Codes):
            return {"type": "string", "maxLength": field.max_length, "description": field.choices.standard}
        return {"type": "string"} if field.open else {"type": "string", "enum": [one.value for one in field.choices]}


def _not_one_of(value: str, known: Sequence[str]) -> ValueError:
    return ValueError(_("“%(value)s” is not one of: %(names)s.", value=value[:80], names=", ".join(known)))


def _code(codes: Codes, text: str) -> str:
    found = codes.code_of(text)
    if not found:
        raise ValueError(str(codes.refusal) % {"value": text[:80]})
    return found


_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*")
_LONGEST_LOCAL = 64


def _validated(value: str) -> Any:
    return validate_email(value, check_deliverability=False, test_environment=True)


@lru_cache(maxsize=10_000)
def _sound_domain(domain: str) -> str:
    """Most addresses of a list share a few domains, and checking one costs as much as all the rest of a value."""
    return str(_validated(f"a@{domain}").domain)


class EmailKind(TextKind):
    def parse(self, field: Field, text: str) -> Any:
        value = clean(text, field.max_length)
        local, _at, domain = value.rpartition("@")
        try:
            if len(local) <= _LONGEST_LOCAL and _PLAIN_LOCAL.fullmatch(local):
                return f"{local}@{_sound_domain(domain)}".casefold()
            return _validated(value).normalized.casefold()
        except EmailNotValidError:
            raise ValueError(_("“%(value)s” is not an e-mail address.", value=value[:80])) from None

    def operand(self, field: Field, text: str) -> Any:
        return clean(text, field.max_length).casefold()

    def schema(self, field: Field) -> Schema:
        return {"type": "string", "format": "email", "maxLength": 254}


class PhoneKind(TextKind):
    def parse(self, field: Field, text: str) -> Any:
        return to_e164(clean(text, 60), reader().country)

    def operand(self, field: Field, text: str) -> Any:
        try:
            return to_e164(text, reader().country)
        except ValueError:
            return clean(text, 60)

    def schema(self, field: Field) -> Schema:
        return {"type": "string", "description": "E.164, such as +966501234567", "maxLength": 60}


class UrlKind(TextKind):
    def parse(self, field: Field, text: str) -> Any:
        value = clean(text, field.max_length)
        if "://" not in value and re.match(r"[\w-]+(\.[\w-]+)+", value):
            value = "https://" + value
        try:
            parts = urlsplit(value)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value
        except ValueError:
            sound = False
        if not sound:
            raise ValueError(_("“%(value)s” is not a web address (http or https).", value=value[:80]))
        return value

    def operand(self, field: Field, text: str) -> Any:
        return clean(text, field.max_length)

    def schema(self, field: Field) -> Schema:
        return {"type": "string", "format": "uri", "maxLength": field.max_length}


class TagsKind(Kind):
    operators: ClassVar[tuple[str, ...]] = ("has", "empty")
    LIMIT = 50
    LONGEST = 60

    def parse(self, field: Field, text: str) -> Any:
        return self._clean(re.split("[,،\n]", text))

    def _clean(self, names: list[str]) -> list[str]:
        found: dict[str, str] = {}
        for name in names:
            tag = clean(name, self.LONGEST)
            if tag:
                found.setdefault(tag.casefold(), tag)
        if len(found) > self.LIMIT:
            raise ValueError(_("At most %(count)s tags.", count=self.LIMIT))
        return list(found.values())

    def show(self, field: Field, value: Any) -> str:
        return ", ".join(value)

    def load(self, field: Field, data: Any) -> Any:
        if not isinstance(data, list) or not all(isinstance(one, str) for one in data):
            raise ValueError(_("This must be a list of texts."))
        if any("," in one or "،" in one for one in data):
            raise ValueError(_("A tag cannot hold a comma."))
        return self._clean(data)

    def dump(self, field: Field, value: Any) -> Any:
        return list(value)

    def schema(self, field: Field) -> Schema:
        return {"type": "array", "items": {"type": "string", "maxLength": self.LONGEST}, "maxItems": self.LIMIT}

    def operand(self, field: Field, text: str) -> Any:
        return clean(text, self.LONGEST)
