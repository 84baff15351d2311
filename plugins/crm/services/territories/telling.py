"""The log of territories: written with the change itself, by whatever way it comes, in the same flush."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from app.sdk import Timeline, _, _l, publish, timeline_rows
from plugins.crm.events import LeadTerritoryChanged
from plugins.crm.models import Lead, Territory, TerritoryChange

_LEAD: Any = Lead


@event.listens_for(Session, "before_flush")
def note_moves(current: Session, _context: Any, _instances: Any) -> None:
    """Every lead that is about to be stored in another territory; where a new one begins is no move."""
    moved = [row for row in current.dirty if isinstance(row, Lead) and _has_moved(row)]
    if moved:
        with current.no_autoflush:
            for lead in moved:
                _note(current, lead)


def _has_moved(lead: Any) -> bool:
    return bool(inspect(lead).attrs.territory_id.history.has_changes())


def _note(current: Session, lead: Any) -> None:
    history = inspect(lead).attrs.territory_id.history
    before = history.deleted[0] if history.deleted else _stored(current, lead)
    if before == lead.territory_id:
        return
    left, now = (current.get(Territory, key) if key else None for key in (before, lead.territory_id))
    came_from, came_to = (left.name if left else None), (now.name if now else None)
    by_hand = bool(lead.territory_by_hand)
    current.add(TerritoryChange(lead_id=lead.id, from_name=came_from, to_name=came_to, by_hand=by_hand))
    told = LeadTerritoryChanged(lead.id, before, lead.territory_id, came_from, came_to, by_hand)
    publish(told, aggregate=lead)


def _stored(current: Session, lead: Any) -> Any:
    return current.scalar(select(_LEAD.territory_id).where(Lead.id == lead.id))


def timelines() -> list[Timeline]:
    """What leads know to tell of it."""
    better = ("crm.lead_territory_changed",)
    return [Timeline("crm.territories", _l("Territories"), TerritoryChange, _changes, _words, "globe", events=better)]


def _changes(record: Any) -> Any:
    if not isinstance(record, Lead):
        return None
    rows = timeline_rows(
        TerritoryChange, TerritoryChange.at, before=TerritoryChange.from_name, after=TerritoryChange.to_name,
        by_hand=TerritoryChange.by_hand,
    )  # fmt: skip
    return rows.where(TerritoryChange.lead_id == record.id)


def _words(facts: Mapping[str, Any]) -> str:
    before, after = facts["before"], facts["after"] or _("no territory")
    what = _("Territory: from “%(before)s” to “%(after)s”", before=before, after=after)
    if before is None:
        what = _("Territory: “%(after)s”", after=after)
    way = _("chosen by hand") if facts["by_hand"] else _("by the rules")
    return f"{what} · {way}"
