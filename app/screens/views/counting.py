"""Numbers in sentences, in the reader's language."""

from __future__ import annotations

from functools import lru_cache

from babel.numbers import format_decimal
from babel.units import format_unit
from flask_babel import gettext as _

from app.identity.locale import current_locale
from app.screens.reading import Count


def number_words(value: int) -> str:
    """A whole number with the reader's separators."""
    return _number(value, str(current_locale() or "en"))


@lru_cache(maxsize=10_000)
def _number(value: int, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte")


def size_words(size: int) -> str:
    """The size of a file of so many bytes, in the largest unit of which there is at least one: `1.4 MB`."""
    step = 0
    amount = float(size)
    while amount >= 1000 and step + 1 < len(_UNITS):
        amount, step = amount / 1000, step + 1
    digits = "#,##0" if amount >= 10 or not step else "#,##0.#"
    locale = str(current_locale() or "en")
    return str(format_unit(amount, f"digital-{_UNITS[step]}", length="short", format=digits, locale=locale))


def count_words(count: Count) -> str:
    """`1,234`, `10,000+`, or nothing when it was too dear to count."""
    if count.value is None:
        return ""
    return number_words(count.value) + ("+" if count.capped else "")


def matching_words(count: Count, what: str) -> str:
    """`1,234 contacts`. The noun is the resource's own plural, so no grammar is guessed."""
    number = count_words(count)
    return _("%(what)s: %(count)s", what=what, count=number) if number else ""
