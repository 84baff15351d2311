"""Arithmetic with working time: when so much of it has passed, and how much of it lies between two moments.

Spans are in order of their beginning, as `slots.spans_of` gives them; where two overlap, the time counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from plugins.crm.services.slots import Span


def apart(spans: Iterable[Span]) -> Iterator[Span]:
    """The same time, in spans that do not overlap."""
    last: datetime | None = None
    for start, end in spans:
        begin = start if last is None else max(start, last)
        if begin < end:
            yield begin, end
            last = end


def after(length: timedelta, spans: Iterable[Span]) -> datetime | None:
    """The moment at which so much time of the spans has passed; None when there is less."""
    left = length
    for start, end in apart(spans):
        if end - start >= left:
            return start + left
        left -= end - start
    return None


def total(spans: Iterable[Span]) -> timedelta:
    """How much time there is in the spans."""
    return sum((end - start for start, end in apart(spans)), timedelta())
