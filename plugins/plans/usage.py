"""What a tenant uses of what its plan has, as its admins see it."""

from __future__ import annotations

from app.sdk import _, usage
from plugins.plans.catalogue import ALL
from plugins.plans.giving import held
from plugins.plans.models import Plan


def facts(plan: Plan) -> list[tuple[str, str]]:
    """Each limit with what is used of it, and what the plan has; of a plan that was left, only what it had."""
    used, now = usage(), held()
    is_held = now is not None and now.id == plan.id
    found = [
        (used.titles.get(metric, metric), _room(used.metrics.get(metric), limit, is_held=is_held))
        for metric, limit in sorted(plan.limits.items())
    ]
    names = [used.titles.get(name, name) for name in sorted(plan.plugins) if name != ALL]
    return [(_("Plugins"), _("All") if ALL in plan.plugins else ", ".join(names) or _("None")), *found]


def _room(count: int | None, limit: int, *, is_held: bool) -> str:
    if count is None or not is_held:
        return str(_("Room for %(limit)s", limit=f"{limit:,}"))
    return str(_("%(count)s of %(limit)s", count=f"{count:,}", limit=f"{limit:,}"))
