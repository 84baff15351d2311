"""Telephone numbers: what people write <-> E.164, the one form that is stored."""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import phonenumbers
from flask_babel import gettext as _
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
)

_LONGEST = 60
_FEWEST_DIGITS_WITH_COUNTRY = 11
_COUNTRY_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))
_WHOLE = re.compile(r"\+[1-9][0-9]{6,14}")


@lru_cache(maxsize=20_000)
def to_e164(raw: str, region: str) -> str:
    """The number as E.164 ("+966501234567").

    `region` is the two-letter country a number without country code belongs to ("SA").
    Raises ValueError with a sentence for the user when it is not a number one could dial from abroad.
    """
    if _is_whole(raw):
        return raw
    return phonenumbers.format_number(_parse(raw, region), PhoneNumberFormat.E164)


def split_extension(raw: str, region: str) -> tuple[str, str]:
    """The number as E.164 and the extension, which E.164 has no place for ("050 123 4567 ext. 5" -> "5"), or "".

    Raises as `to_e164` does.
    """
    if _is_whole(raw):
        return raw, ""
    number = _parse(raw, region)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), number.extension or ""


def display(e164: str, locale_region: str) -> str:
    """The number as a reader in `locale_region` writes it: national at home, international abroad.

    What is not E.164 comes back as it was given: a list must show it rather than fail.
    """
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    at_home = phonenumbers.country_code_for_region(locale_region.upper()) == number.country_code
    style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def digits(e164: str) -> str:
    """The digits alone, as links of messengers want them ("+966 50..." -> "96650...")."""
    return re.sub(r"\D", "", _ascii(e164))


def national_part(number: str) -> str:
    """What follows the country code in the digits of an E.164 number; empty when no country has such a code."""
    for size in (1, 2, 3):  # no code is the beginning of another one
        if number[:size] in _COUNTRY_CODES:
            return number[size:]
    return ""


def _is_whole(raw: str) -> bool:
    """Is this E.164 already, by its country's lengths, and without a prefix that the parser would take off? Most
    numbers of a file are, and to parse one takes five times as long as all the rest that is done with it."""
    if not _WHOLE.fullmatch(raw):
        return False
    number = raw[1:]
    national = national_part(number)
    plan = _plan(number.removesuffix(national)) if national else None
    if plan is None or (plan.national_prefix_for_parsing and re.match(plan.national_prefix_for_parsing, national)):
        return False
    lengths = plan.general_desc
    return len(national) in lengths.possible_length and len(national) not in lengths.possible_length_local_only


@lru_cache
def _plan(country_code: str) -> Any:
    region = COUNTRY_CODE_TO_REGION_CODE[int(country_code)][0]
    return PhoneMetadata.metadata_for_region_or_calling_code(int(country_code), region)


def _parse(raw: str, region: str) -> PhoneNumber:
    written = _ascii(raw)
    if not written or len(written) > _LONGEST:
        raise _unreadable(raw)
    number = _attempt(written, region)
    if number is None or not _diallable(number, has_country=written.startswith("+")):
        number = _with_forgotten_plus(written)
    if number is None:
        raise _unreadable(raw)
    return number


def _attempt(written: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region.upper() if region else None)
    except NumberParseException:
        return None


def _diallable(number: PhoneNumber, *, has_country: bool) -> bool:
    # Number plans grow faster than the metadata, so a full international number only has to be possible.
    # A national one must be valid: else it most likely belongs to another country.
    if has_country:
        return bool(phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE)
    return bool(phonenumbers.is_valid_number(number))


def _with_forgotten_plus(written: str) -> PhoneNumber | None:
    """Messengers and spreadsheets drop the plus: 971501234567 is a number, wherever the reader is."""
    if written.startswith("+") or len(digits(written)) < _FEWEST_DIGITS_WITH_COUNTRY:
        return None
    number = _attempt(f"+{written}", None)
    return number if number is not None and phonenumbers.is_valid_number(number) else None


def _ascii(raw: str) -> str:
    """ASCII digits, no invisible direction marks, 00 as plus, Excel's leading apostrophe dropped."""
    if not (raw.isascii() and raw.isprintable()):
        raw = "".join(_ascii_digit(char) for char in raw if unicodedata.category(char) not in {"Cf", "Cc", "Cs"})
    text = raw.strip().lstrip("'=\"").strip()
    text = re.sub(r"^tel:", "", text, flags=re.IGNORECASE).replace("(0)", "").replace("\uff0b", "+")
    return re.sub(r"^\(?00\)?(?=[\s\d])", "+", text)


def _ascii_digit(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def _unreadable(raw: str) -> ValueError:
    shown = " ".join(raw.split())
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    if not shown:
        return ValueError(_("The telephone number is empty."))
    return ValueError(
        _(
            "“%(number)s” is not a phone number we can read; write it with its country code, like +966 50 123 4567.",
            number=shown,
        )
    )
