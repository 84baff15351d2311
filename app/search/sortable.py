"""Values as text that sorts like the value, byte by byte (PostgreSQL collation "C", Python's str)."""

from datetime import UTC, date, datetime
from decimal import Decimal

_NINES_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_AFTER_EVERY_DIGIT = "~"


def sortable_number(value: Decimal | int) -> str:
    """Order-preserving text of any finite number, exact, equal for equal numbers (1.20 and 1.2).

    The length grows with the significant digits: 64 characters hold at least 40 of them.
    Raises ValueError for NaN and infinity.
    """
    sign, digits, exponent = Decimal(value).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} has no place in an order of numbers")
    mantissa = "".join(map(str, digits)).lstrip("0")
    if not mantissa:
        return "1"
    magnitude = exponent + len(mantissa)
    mantissa = mantissa.rstrip("0")
    if sign:
        return f"0{_whole_number(-magnitude)}{mantissa.translate(_NINES_COMPLEMENT)}{_AFTER_EVERY_DIGIT}"
    return f"2{_whole_number(magnitude)}{mantissa}"


def sortable_day(value: date) -> str:
    """ "2024-01-31"; a moment is refused with TypeError, for its day depends on a time zone."""
    if isinstance(value, datetime):
        raise TypeError("A moment is not a day: use sortable_moment.")
    return value.isoformat()


def sortable_moment(value: datetime) -> str:
    """The moment in UTC to the microsecond, fixed width. Raises ValueError without a time zone."""
    if value.tzinfo is None:
        raise ValueError("A moment without a time zone has no place in an order of moments.")
    try:
        utc = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("The moment lies outside the years 1 to 9999 in UTC.") from error
    return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _whole_number(value: int) -> str:
    """Any whole number below 10^25 in size; a letter tells how many digits follow, capitals are negative."""
    digits = str(abs(value))
    if value < 0:
        return chr(ord("Z") - len(digits)) + digits.translate(_NINES_COMPLEMENT)
    return chr(ord("a") + len(digits)) + digits
