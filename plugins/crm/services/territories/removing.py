"""Taking a territory away: its leads and the territories below it go elsewhere first, in steps where they are many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.sdk import FieldError, Job, JobRun, _, _l, enqueue, session, utcnow
from plugins.crm.models import Lead, Territory, TerritoryRule
from plugins.crm.services.conditions import with_details
from plugins.crm.services.steps import in_steps
from plugins.crm.services.territories.actions import count_leads
from plugins.crm.services.territories.finding import give_back
from plugins.crm.services.territories.known import known

AT_ONCE = 500
JOB = "crm.territory_remove"
_LEAD: Any = Lead
_RULE: Any = TerritoryRule
_TERRITORY: Any = Territory


def jobs() -> list[Job]:
    return [Job(JOB, empty, _l("Move the leads of a territory that goes"), unique=True, timeout=3600)]


def remove(rows: Sequence[Any], to: UUID | None = None) -> str:
    """Delete a territory. What is below it goes to the one that is chosen, or above; so do leads that somebody put
    there. The rules find another one for the rest."""
    [row] = rows
    target = to or row.part_of_id
    if target is not None and row.id in [one.id for one in known().way(target)]:
        raise FieldError("to", _("This is the territory that goes, or it is below it."))
    row.archived_at = row.archived_at or utcnow()  # nobody puts new leads into it meanwhile
    for rule in session.scalars(select(TerritoryRule).where(_RULE.territory_id == row.id)):
        rule.is_active = False
    for child in session.scalars(select(Territory).where(_TERRITORY.part_of_id == row.id)):
        child.part_of_id = target  # type: ignore[attr-defined]
    session.flush()
    if count_leads([row.id]) > AT_ONCE:
        enqueue(JOB, str(row.id), str(target) if target else None)
        return _("The leads are being moved. It disappears when that is done.")
    while _step(row.id, target):
        session.flush()
    session.delete(row)
    session.flush()
    return _("Deleted; its leads have other territories.")


def _step(key: UUID, target: UUID | None) -> int:
    """Move up to AT_ONCE leads, those in trash and archive as well."""
    wanted = select(Lead).where(_LEAD.territory_id == key).order_by(Lead.id).limit(AT_ONCE)
    leads: Sequence[Any] = session.scalars(wanted.with_for_update()).all()
    others = known().without(key)  # its rules may be remembered as they were before
    for lead in with_details(leads, others.details):
        if lead.territory_by_hand and target is not None:
            lead.territory_id = target
        else:
            give_back(lead, others)
    session.flush()
    return len(leads)


def empty(run: JobRun, key: str, to: str | None) -> None:
    """The job: moves the leads, then deletes the territory. Taken up again it goes on."""
    in_steps(run, lambda: _step(UUID(key), UUID(to) if to else None))
    row = session.get(Territory, UUID(key))
    if row is not None:
        session.delete(row)
