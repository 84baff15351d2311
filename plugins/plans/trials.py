"""Trials: who is told that one ends, and its end."""

from __future__ import annotations

from datetime import timedelta

from app.sdk import JobRun, Tenant, _l, current_tenant_id, members_with_role, notify, session
from plugins.plans.giving import held, today_at

NOTICE = "plans.trial_ends"
AHEAD = timedelta(days=7)


def look_at_trial(run: JobRun) -> str:
    """The daily job. Returns what it found."""
    plan, today = held(), today_at(session.get_one(Tenant, current_tenant_id()))
    if plan is None or plan.trial_until is None or plan.trial_ended:
        return "no trial"
    if plan.trial_until < today:
        plan.trial_ended = True
        return "ended"
    if plan.trial_until - today <= AHEAD:
        title = _l("The trial of “%(plan)s” ends on %(day)s", plan=plan.name, day=plan.trial_until.isoformat())
        words = _l("Afterwards everything can be read and taken out, and nothing changed, until you have another plan.")
        notify(members_with_role("owner", "admin"), NOTICE, title, words, target=plan, dedupe=str(plan.id))
        return "told"
    return "goes on"
