"""How urgent something is."""

from __future__ import annotations

from app.sdk import Choice, _l

PRIORITIES = (
    Choice("low", _l("Low"), "grey"),
    Choice("normal", _l("Normal"), "blue"),
    Choice("high", _l("High"), "amber"),
    Choice("urgent", _l("Urgent"), "red"),
)
