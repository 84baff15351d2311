"""Days that are typed into the forms of these pages."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import gettext as _


def end_of_day(text: str) -> datetime | None:
    """The end of a day (UTC); none for nothing. Raises ValueError."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text).replace(hour=23, minute=59, tzinfo=UTC)
    except ValueError:
        raise ValueError(_("Please give the day as 2027-01-31.")) from None
