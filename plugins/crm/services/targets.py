"""Targets begin with their period."""

from __future__ import annotations

from plugins.crm.models.figures import SalesTarget


def complete(target: SalesTarget, is_new: bool) -> None:
    """The first day of the month, quarter or year that the given day lies in."""
    if target.starts_on is None:
        return
    month = {"month": target.starts_on.month, "quarter": (target.starts_on.month - 1) // 3 * 3 + 1, "year": 1}
    target.starts_on = target.starts_on.replace(month=month[target.period], day=1)
