"""From a text of a file to the value of a field: more forms than a form control takes, the same rules after that."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from babel import Locale
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from app.data import Field
from app.data.codes import Codes
from app.screens.kinds import kind_of, reader
from app.search.folding import fold
from app.transfer.days import parse_day
from app.transfer.spellings import code_named

Parse = Callable[[str], Any]
_ESCAPED = re.compile(r"'(?=\s*[=+\-@＝＋－＠]|['\t\r])")
_EUROPEAN = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d{1,6}|[+-]?\d{1,3}(\.\d{3}){2,}")
_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "₹": "INR",
    "₺": "TRY",
    "﷼": "SAR",
    "ر.س": "SAR",
    "د.إ": "AED",
    "د.ك": "KWD",
}
_YES, _NO = frozenset("x ✓ ✔ t wahr oui".split()), frozenset("- f ✗".split())
_MOMENT = re.compile(r"(\S+)[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([AaPp]\.?[Mm]\.?|[صم])?")


def parser(field: Field) -> Parse:
    """The function that reads a column; it raises ValueError with a sentence. An empty text never comes to it."""
    special = _relation if field.picks else _PARSERS.get(field.kind)
    kind = kind_of(field)
    return special(field) if special is not None else lambda text: kind.parse(field, text)


def unescaped(text: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking a text for a formula."""
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text


def _choice(field: Field) -> Parse:
    if isinstance(field.choices, Codes):
        return _code(field, field.choices)
    known = {fold(one.value): one.value for one in reversed(field.choices)}
    for code in current_app.config["LANGUAGES"]:
        with force_locale(Locale.parse(code)):
            for one in field.choices:
                known.setdefault(fold(one.words), one.value)
    kind = kind_of(field)

    def parse(text: str) -> Any:
        found = known.get(fold(text.strip()))
        return found if found is not None else kind.parse(field, text)

    return parse


def _code(field: Field, codes: Codes) -> Parse:
    kind = kind_of(field)
    return lambda text: code_named(codes, text) or kind.parse(field, text)


def _number(field: Field) -> Parse:
    kind = kind_of(field)
    return lambda text: kind.parse(field, plain_number(text))


def plain_number(text: str) -> str:
    """“1.234,50” with its comma as a decimal point; any other text as it is."""
    stripped = text.strip()
    return stripped.replace(".", "").replace(",", ".") if _EUROPEAN.fullmatch(stripped) else text


def _money(field: Field) -> Parse:
    """“12.50 SAR”, “SAR 12.50”, “€ 12,50”: the currency on either side, as code or sign."""
    kind = kind_of(field)

    def parse(text: str) -> Any:
        amount, currency = text.strip(), ""
        for sign, code in _SIGNS.items():
            if sign in amount:
                amount, currency = amount.replace(sign, "").strip(), code
                break
        before = re.fullmatch(r"([A-Za-z]{3})\s*(.*)", amount)
        after = re.fullmatch(r"(.*?)\s*([A-Za-z]{3})", amount)
        if before:
            currency, amount = before.groups()
        elif after:
            amount, currency = after.groups()
        return kind.parse(field, f"{plain_number(amount)} {currency}".strip())

    return parse


def _flag(field: Field) -> Parse:
    kind = kind_of(field)

    def parse(text: str) -> Any:
        word = text.strip().casefold()
        return True if word in _YES else False if word in _NO else kind.parse(field, text)

    return parse


def _day(field: Field) -> Parse:
    kind, country = kind_of(field), reader().country

    def parse(text: str) -> Any:
        found = parse_day(text, country)
        return found if found is not None else kind.parse(field, text)

    return parse


def _moment(field: Field) -> Parse:
    kind, country, zone = kind_of(field), reader().country, reader().zone

    def parse(text: str) -> Any:
        try:
            return kind.parse(field, text)
        except ValueError:
            found = _written_moment(text.strip(), country)
            if found is None:
                raise
            return found.replace(tzinfo=zone).astimezone(UTC)

    return parse


def _written_moment(text: str, country: str) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    day = parse_day(match[1] if match else text, country)
    if day is None:
        return None
    if match is None:
        return datetime.combine(day, time())
    hour, half = int(match[2]), (match[5] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half[0] in "pم" else 0)
    try:
        return datetime.combine(day, time(hour, int(match[3]), int(match[4] or 0)))
    except ValueError:
        return None


def _relation(field: Field) -> Parse:
    """Kept as it is written: all of a chunk are looked up together."""

    def parse(text: str) -> Any:
        value = text.strip()
        if len(value) > 300 or "\0" in value:
            raise ValueError(_("This value is too long or holds a character that cannot be searched."))
        return value

    return parse


_PARSERS: dict[str, Callable[[Field], Parse]] = {
    "choice": _choice,
    "integer": _number,
    "decimal": _number,
    "money": _money,
    "flag": _flag,
    "day": _day,
    "moment": _moment,
}
