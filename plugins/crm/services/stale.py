"""The alert about leads that nobody has done anything about for longer than their stage allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.sdk import JobRun, _l, publish, session, utcnow
from plugins.crm.agenda_events import LeadWentStale
from plugins.crm.models import Lead, Stage
from plugins.crm.services.open_leads import is_open, is_stale
from plugins.crm.services.remembering import Due, not_told, remember, tell_together, together

AT_ONCE = 1_000


def alert(run: JobRun) -> int:
    """The job, once a day: every owner is told once of all leads that went stale since. Returns how many leads."""
    now = utcnow()
    new = not_told("stale", Lead.id, Lead.last_activity_at, Lead.assigned_to_id)
    found = (
        select(Lead.assigned_to_id, Lead.id, Lead.last_activity_at)
        .select_from(Stage).join(Lead, Lead.stage_id == Stage.id)
        .where(*is_open(), *is_stale(now), Lead.assigned_to_id.is_not(None), new).limit(AT_ONCE)
    )  # fmt: skip
    dues = remember([Due("stale", *row) for row in session.execute(found)])
    for theirs in together(dues):
        for lead in tell_together(theirs, "crm.leads_stale", _words):
            publish(LeadWentStale(lead.id, lead.last_activity_at), aggregate=lead)
        run.check()
    return len(dues)


def _words(names: Sequence[str], count: int) -> tuple[Any, str]:
    return _l("Leads without activity: %(count)s", count=count), "\n".join(names)
