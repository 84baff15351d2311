"""Numbers in sentences, in the reader's language."""

from __future__ import annotations

from functools import lru_cache

from babel.numbers import format_decimal
from flask_babel import gettext as _

from app.identity.locale import current_locale
from app.screens.reading import Count


def number_words(value: int) -> str:
    """A whole number with the reader's separators."""
    return _number(value, str(current_locale() or "en"))


@lru_cache(maxsize=10_000)
def _number(value: int, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def count_words(count: Count) -> str:
    """`1,234`, `10,000+`, or nothing when it was too dear to count."""
    if count.value is None:
        return ""
    return number_words(count.value) + ("+" if count.capped else "")


def matching_words(count: Count, what: str) -> str:
    """`1,234 contacts`. The noun is the resource's own plural, so no grammar is guessed."""
    number = count_words(count)
    return _("%(what)s: %(count)s", what=what, count=number) if number else ""
