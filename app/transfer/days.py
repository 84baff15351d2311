"""Days as people and other programs write them."""

import re
from datetime import UTC, date, datetime

_YEAR_FIRST = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:[T ].*)?")
_MONTH_FIRST_REGIONS = frozenset({"US", "PH", "FM", "MH", "PW", "GU", "AS", "PR", "VI"})


def parse_day(text: str, region: str) -> date | None:
    """The day a text names, None when it names none or leaves the year out.

    2/1/1990 is the second of January, except where `region` writes the month first.
    """
    text = _ascii_digits(text.strip())[:40]
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, found.groups())
        return _day(year, month, day)
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = map(int, found.groups())
        return _from_year_last(first, second, _full_year(year, found.group(3)), region)
    return None


def _from_year_last(first: int, second: int, year: int, region: str) -> date | None:
    month_first = region.upper() in _MONTH_FIRST_REGIONS
    month, day = (first, second) if month_first else (second, first)
    return _day(year, month, day) or _day(year, day, month)


def _full_year(year: int, written: str) -> int:
    if len(written) == 4:
        return year
    this_year = datetime.now(UTC).year
    return year + 2000 if year + 2000 <= this_year else year + 1900


def _day(year: int, month: int, day: int) -> date | None:
    # Outlook writes 4501 for "none", Apple 1604 for "year unknown".
    if year in (4501, 1604):
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _ascii_digits(text: str) -> str:
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)
