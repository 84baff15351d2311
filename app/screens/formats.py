"""Dates, times, numbers and money in a reader's language and time zone, fast enough for every cell of a list.

Babel decides every pattern and symbol; what is computed once per language (patterns, month names, separators) or per
day is kept, because asking Babel for each cell would cost more than the rest of the page.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_decimal_symbol, get_group_symbol

_PLAIN_GROUPING = (3, 3)


class Formats:
    """The words of one language in one time zone. Get one from `formats_for`; it holds no per-request state."""

    __slots__ = ("_code", "_decimal", "_group", "_is_plain", "_joined", "locale", "zone")

    def __init__(self, locale: Locale, zone: ZoneInfo) -> None:
        self.locale = locale
        self._code = str(locale)
        self.zone = zone
        self._group = get_group_symbol(locale)
        self._decimal = get_decimal_symbol(locale)
        self._is_plain = locale.decimal_formats[None].grouping == _PLAIN_GROUPING and len(self._decimal) == 1
        self._joined = str(locale.datetime_formats["medium"]).replace("'", "")

    def day(self, value: date) -> str:
        return _day(self._code, value)

    def clock(self, value: time) -> str:
        return _clock(self._code, value.hour * 60 + value.minute)

    def moment(self, value: datetime) -> str:
        """Date and minute in the reader's time zone; a moment without a zone is taken as UTC."""
        local = self.local(value)
        clock = _clock(self._code, local.hour * 60 + local.minute)
        return self._joined.replace("{1}", _day(self._code, local.date())).replace("{0}", clock)

    def local(self, value: datetime) -> datetime:
        """The same moment on the reader's clock."""
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(self.zone)

    def number(self, value: int | float | Decimal) -> str:
        """All digits the value has, with the reader's separators."""
        if isinstance(value, int):
            return f"{value:,}".replace(",", self._group) if self._is_plain else self._grouped(value)
        if not isinstance(value, Decimal):
            return str(format_decimal(value, locale=self.locale, decimal_quantization=False))
        whole, dot, rest = f"{value:,f}".partition(".")
        shown = whole.replace(",", self._group) if self._is_plain else self._grouped(int(whole.replace(",", "")))
        if whole.startswith("-0") and not self._is_plain:
            shown = "-" + shown
        return shown + (self._decimal + rest if dot else "")

    def percent(self, value: int | Decimal) -> str:
        """Hundredths, with the sign where the language puts it: `%67,4` in Turkish. At most one decimal."""
        return percent(Decimal(value), self._code)

    def _grouped(self, value: int) -> str:
        return str(format_decimal(value, locale=self.locale))

    def money(self, amount: Decimal, currency: str) -> str:
        """An exact amount with the currency's sign where the language puts it."""
        before, after = _money_frame(self._code, currency, amount < 0)
        return before + self.number(abs(amount)) + after


@lru_cache(maxsize=256)
def formats_for(locale: str, zone: str) -> Formats:
    """The formats of a language (`ar`, `en_GB`) and an IANA time zone. Unknown zones fall back to UTC."""
    try:
        return Formats(Locale.parse(locale), ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return Formats(Locale.parse(locale), ZoneInfo("UTC"))


@lru_cache(maxsize=20_000)
def percent(value: Decimal, locale: str) -> str:
    """Hundredths in a language, its sign in its place, with at most one decimal: `67.4%`, in Turkish `%67,4`."""
    pattern = str(Locale.parse(locale).percent_formats[None].pattern).replace("#0", "#0.#")
    return str(format_percent(value / 100, pattern, locale=locale))


@lru_cache(maxsize=20_000)
def _day(locale: str, value: date) -> str:
    return str(format_date(value, "medium", locale=locale))


@lru_cache(maxsize=8_000)
def _clock(locale: str, minute_of_day: int) -> str:
    return str(format_time(time(*divmod(minute_of_day, 60)), "short", locale=locale))


@lru_cache(maxsize=2_000)
def _money_frame(locale: str, currency: str, is_negative: bool) -> tuple[str, str]:
    """What stands before and after the number: found by wording one amount whose digits are known."""
    sample = Decimal(-1) if is_negative else Decimal(1)
    worded = str(format_currency(sample, currency, locale=locale, format_type="standard"))
    digits = [index for index, char in enumerate(worded) if char.isdigit()]
    return worded[: digits[0]], worded[digits[-1] + 1 :]
