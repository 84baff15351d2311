"""Days and moments that have passed although something was to be done by them: lists mark them."""

from __future__ import annotations

from datetime import date, datetime

from app.data import utcnow
from app.screens.kinds.base import reader


class OverdueDay(date):
    """A day that is overdue; in all else it is the day itself."""


class OverdueMoment(datetime):
    """A moment that is overdue; in all else it is the moment itself."""


def marked(value: date) -> date:
    """The value of something still to be done: overdue once it has passed, a day once it is over for the reader."""
    if isinstance(value, datetime):
        return OverdueMoment.combine(value.date(), value.timetz()) if value < utcnow() else value
    is_over = value < utcnow().astimezone(reader().zone).date()
    return OverdueDay(value.year, value.month, value.day) if is_over else value


def is_overdue(value: object) -> bool:
    """Was it marked?"""
    return isinstance(value, OverdueDay | OverdueMoment)
