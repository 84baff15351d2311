"""What is true of working times before they are saved."""

from __future__ import annotations

import re

from app.sdk import FieldError, _
from plugins.crm.models import WorkingTime

_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?")


def complete_working_time(row: WorkingTime, is_new: bool) -> None:
    """`9` and `9:00` are `09:00`, and the end comes after the beginning."""
    row.starts, row.ends = _clock("starts", row.starts), _clock("ends", row.ends)
    if row.starts >= row.ends:
        raise FieldError("ends", _("Working time ends after it begins, on the same day."))


def _clock(field: str, text: str) -> str:
    found = _TIME.fullmatch(text.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if hour > 23 or minute > 59:
        raise FieldError(field, _("“%(value)s” is not a time of the day such as 09:00.", value=text))
    return f"{hour:02}:{minute:02}"
