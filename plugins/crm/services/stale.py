"""The alerts about leads that nobody has done anything about for longer than their stage allows.

Their owners are told; of leads that nobody has, the managers of their territory or else the admins; and, when nothing
happens after that either, those to whom the owners report. Each of them once for each time a lead is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select

from app.sdk import JobRun, Member, _l, members_with_role, publish, receivers, session, setting, utcnow
from plugins.crm.agenda_events import LeadWentStale
from plugins.crm.models import Lead, Reminder, Stage
from plugins.crm.services.open_leads import is_open, is_stale
from plugins.crm.services.remembering import Due, not_told, remember, tell_together, together
from plugins.crm.services.territories.known import known

AT_ONCE = 1_000
OWNER, NOBODYS, MANAGER = "stale", "stale_nobodys", "stale_manager"
NOTICES = {OWNER: "crm.leads_stale", NOBODYS: "crm.leads_unowned", MANAGER: "crm.leads_escalated"}
_LEAD: Any = Lead
_MEMBER: Any = Member


def alert(run: JobRun) -> int:
    """The job, once a day: everybody is told once of all leads that are new for them. Returns how many leads."""
    now = utcnow()
    found = [*_of_owners(now), *_of_nobody(now), *_of_managers(now)]
    new = remember(found)
    told: set[UUID] = set()
    for theirs in together(new):
        about = theirs[0].about
        for lead in tell_together(theirs, NOTICES[about], _WORDS[about]):
            if about != MANAGER and lead.id not in told:
                publish(LeadWentStale(lead.id, lead.last_activity_at), aggregate=lead)
            told.add(lead.id)
        run.check()
    return len({due.target_id for due in new})


def _left_alone(now: datetime, *columns: Any) -> Select[Any]:
    stale = select(*columns).select_from(Stage).join(Lead, Lead.stage_id == Stage.id)
    return stale.where(*is_open(), *is_stale(now)).limit(AT_ONCE)


def _of_owners(now: datetime) -> Iterator[Due]:
    owner, since = Lead.assigned_to_id, Lead.last_activity_at
    found = _left_alone(now, owner, Lead.id, since).where(owner.is_not(None), not_told(OWNER, Lead.id, since, owner))
    yield from (Due(OWNER, *row) for row in session.execute(found))


def _of_nobody(now: datetime) -> Iterator[Due]:
    if not setting("crm.alert_unowned"):
        return
    told = exists().where(
        Reminder.target_id == Lead.id, Reminder.about == NOBODYS, Reminder.for_at == Lead.last_activity_at
    )
    found = _left_alone(now, Lead.id, _LEAD.territory_id, Lead.last_activity_at)
    rows = session.execute(found.where(_LEAD.assigned_to_id.is_(None), ~told)).all()
    if rows:
        looking_after = LookingAfter()
        for lead, territory, since in rows:
            yield from (Due(NOBODYS, member, lead, since) for member in looking_after.leads_of(territory))


class LookingAfter:
    """Who looks after leads that nobody has: the manager of their territory or of the next one above, or else owners
    and admins."""

    def __init__(self) -> None:
        self.territories = known()
        managers = {node.manager for node in self.territories.nodes.values()} - {None}
        self.present = {one.id for one in receivers(managers)} if managers else set()
        self.admins = members_with_role("owner", "admin")

    def leads_of(self, territory: UUID | None) -> Sequence[UUID]:
        managers = (node.manager for node in self.territories.way(territory))
        return next(([one] for one in managers if one in self.present and one is not None), self.admins)


def _of_managers(now: datetime) -> Iterator[Due]:
    """What their owners were told of long enough ago, and is still left alone."""
    days = setting("crm.escalate_days")
    if not days:
        return
    owner, since, manager = _LEAD.assigned_to_id, Lead.last_activity_at, _MEMBER.reports_to_id
    told = exists().where(
        Reminder.target_id == Lead.id, Reminder.about == OWNER, Reminder.for_at == since, Reminder.member_id == owner,
        Reminder.created_at <= now - timedelta(days=days),
    )  # fmt: skip
    found = _left_alone(now, manager, Lead.id, since).join(Member, Member.id == owner)
    new = found.where(manager.is_not(None), told, not_told(MANAGER, Lead.id, since, manager))
    yield from (Due(MANAGER, *row) for row in session.execute(new))


def _words_of_owner(names: Sequence[str], count: int) -> tuple[Any, str]:
    return _l("Leads without activity: %(count)s", count=count), "\n".join(names)


def _words_of_nobody(names: Sequence[str], count: int) -> tuple[Any, str]:
    return _l("Leads that nobody has, without activity: %(count)s", count=count), "\n".join(names)


def _words_of_manager(names: Sequence[str], count: int) -> tuple[Any, str]:
    return _l("Leads of your people, still without activity: %(count)s", count=count), "\n".join(names)


_WORDS = {OWNER: _words_of_owner, NOBODYS: _words_of_nobody, MANAGER: _words_of_manager}
