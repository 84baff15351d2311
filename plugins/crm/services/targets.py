"""Targets begin with their period."""

from __future__ import annotations

from app.sdk import FieldError, _
from plugins.crm.models.figures import SalesTarget


def complete(target: SalesTarget, is_new: bool) -> None:
    """The first day of the month, quarter or year that the given day lies in. Everyone below nobody is nobody."""
    if target.covers == "branch" and target.owner_id is None:  # type: ignore[attr-defined]
        raise FieldError("owner", _("Below whom? Choose a person; a target of nobody's is for all together anyway."))
    if target.starts_on is None:
        return
    month = {"month": target.starts_on.month, "quarter": (target.starts_on.month - 1) // 3 * 3 + 1, "year": 1}
    target.starts_on = target.starts_on.replace(month=month[target.period], day=1)
