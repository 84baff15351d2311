"""Values at the limits of each kind of field, all of which must survive being opened and saved unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.data import Field, Money
from app.data.fields import LONG_TEXT_LIMIT
from app.testing.pictures import picture

TEXTS = (
    "x", "<script>alert(1)</script>", "{{ 7*7 }} ${7*7} %s %(a)s", "' OR 1=1 --", "مرحبا \u200fبك\u200e", "e\u0301",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "null", "0", "\u00a0inner\u00a0x", 'a"b\'c', "&lt;&amp;amp;",
)  # fmt: skip
LINES = ("\n\nleading", "a\n\n\nb", "tab\there", "  indented", "\nx")
DAYS = (date(1, 1, 1), date(1582, 10, 10), date(2000, 2, 29), date(9999, 12, 31))
MOMENTS = (
    datetime(1900, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # both of these are 02:30 on clocks in Berlin
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2026, 1, 1, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(9998, 12, 31, 23, 59, tzinfo=UTC),
)
JSONS: tuple[Any, ...] = (
    {}, [], 0, False, "", "text", 1.5, -1e-7, 10**30, [None], {"a": {"b": ["\u202e", "\\u0000", "é"]}}, {"": 1},
    "NaN", '"quoted"', {"deep": [[[[[[[[1]]]]]]]]},
)  # fmt: skip
TAGS: tuple[list[str], ...] = (
    [], ["a"], ["two words", "نور", "#hash", "'quoted'"], [f"t{n}" for n in range(50)], ["x" * 60],
)  # fmt: skip
PHONES = ("+966501234567", "+390612345678", "+14155552671", "+971501234567")
EMAILS = ("a@b.example", "very.unusual+tag@sub.domain.example", "o'brien@mail.example")
URLS = ("http://a.example", "https://a.example/%D9%86?x=1&y=%20#f", "https://xn--mgbh0fb.example/ن")
LARGEST = 2**63 - 1
MOST_CHOICES = 20


def extremes(field: Field) -> list[Any]:
    """The extreme values that a field of this kind may hold."""
    make = _EXTREMES.get(field.kind)
    return make(field) if make else []


def _texts(field: Field) -> list[str]:
    limit = field.max_length or LONG_TEXT_LIMIT
    texts = [*TEXTS, "a" * limit, *(LINES if field.kind == "long_text" else ())]
    return [text for text in texts if len(text) <= limit]


def _numbers(field: Field) -> list[int]:
    values = (0, 1, -1, 2**31, 2**53 + 1, LARGEST - 1, -LARGEST)
    return [value for value in values if _within(field, value)]


def _decimals(field: Field) -> list[Decimal]:
    smallest = Decimal(1).scaleb(-field.scale)
    top = Decimal(f"{'9' * (field.precision - field.scale)}.{'9' * field.scale}")
    values = (Decimal(0), smallest, top, top.copy_negate(), Decimal("1.5"), Decimal(100))
    return [value for value in values if value.copy_abs() <= top and _within(field, value)]


def _within(field: Field, value: Any) -> bool:
    low, high = field.minimum, field.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _amounts(field: Field) -> list[Money]:
    small = [Money(0, "USD"), Money(-1, "USD"), Money(5, "USD"), Money(1, "JPY"), Money(1, "KWD"), Money(-1005, "KWD")]
    return [*small, Money(LARGEST, "USD"), Money(-LARGEST, "KWD"), Money(LARGEST - 1, "JPY")]


_EXTREMES: dict[str, Callable[[Field], list[Any]]] = {
    "text": _texts,
    "long_text": _texts,
    "choice": lambda field: [one.value for one in field.choices][:MOST_CHOICES],
    "money": _amounts,
    "integer": _numbers,
    "decimal": _decimals,
    "flag": lambda field: [True, False],
    "day": lambda field: list(DAYS),
    "moment": lambda field: list(MOMENTS),
    "json": lambda field: list(JSONS),
    "tags": lambda field: [list(tags) for tags in TAGS],
    "phone": lambda field: list(PHONES),
    "email": lambda field: list(EMAILS),
    "url": lambda field: list(URLS),
    "image": lambda field: [picture()],
    "record_id": lambda field: [UUID(int=0), UUID(int=2**128 - 1)],
}
