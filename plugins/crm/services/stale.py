"""The alert about leads that nobody has done anything about for longer than their stage allows."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select

from app.sdk import JobRun, _l, notify, publish, session, utcnow
from plugins.crm.agenda_events import LeadWentStale
from plugins.crm.models import Lead, Stage
from plugins.crm.services.open_leads import is_open, is_stale
from plugins.crm.services.remembering import Due, not_told, remember

AT_ONCE = 1_000
NAMED = 10


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
    by_owner: dict[UUID, list[Due]] = defaultdict(list)
    for due in dues:
        by_owner[due.member_id].append(due)
    for owner, theirs in by_owner.items():
        _tell(owner, theirs)
        run.check()
    return len(dues)


def _tell(owner: UUID, dues: list[Due]) -> None:
    leads = session.scalars(select(Lead).where(Lead.id.in_([due.target_id for due in dues])).order_by(Lead.id)).all()
    names = "\n".join(lead.title for lead in leads[:NAMED])
    title = _l("Leads without activity: %(count)s", count=len(leads))
    notify(owner, "crm.leads_stale", title, names, target=leads[0] if len(leads) == 1 else None,
           dedupe=f"{dues[0].target_id}:{dues[0].for_at.isoformat()}")  # fmt: skip
    for lead in leads:
        publish(LeadWentStale(lead.id, lead.last_activity_at), aggregate=lead)
