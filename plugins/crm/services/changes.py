"""The log of stage changes: written with the change itself, by whatever way it comes, in the same flush.

Leads that are new tell nothing here: where they began is where their first change comes from.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from app.sdk import publish, utcnow
from plugins.crm.events import LeadLost, LeadStageChanged, LeadWon
from plugins.crm.models import Lead, LostReason, Stage, StageChange
from plugins.crm.services.stages import stage_before


@event.listens_for(Session, "before_flush")
def note_moves(current: Session, _context: Any, _instances: Any) -> None:
    """Every lead that is about to be stored in another stage."""
    for lead in [row for row in current.dirty if isinstance(row, Lead)]:
        with current.no_autoflush:
            before = stage_before(lead)
            left = current.get(Stage, before) if before not in (None, lead.stage_id) else None
            stage = current.get(Stage, lead.stage_id) if left is not None else None
        if left is not None and stage is not None:
            _note(current, lead, left, stage)


def _note(current: Session, lead: Any, left: Stage, stage: Stage) -> None:
    now = utcnow()
    since = inspect(lead).attrs.stage_since.history.deleted
    began = (since[0] if since else None) or lead.created_at
    seconds = max(0, int((now - began).total_seconds()))
    reason = current.get(LostReason, lead.lost_reason_id) if lead.lost_reason_id else None
    why = reason.name if reason is not None and stage.kind == "lost" else None
    current.add(
        StageChange(
            lead_id=lead.id, pipeline_id=stage.pipeline_id, from_stage_id=left.id, to_stage_id=stage.id,
            from_name=left.name, to_name=stage.name, to_kind=stage.kind, seconds=seconds, reason=why, at=now,
        )
    )  # fmt: skip
    moved = LeadStageChanged(lead.id, stage.pipeline_id, left.id, stage.id, left.name, stage.name, seconds)  # type: ignore[attr-defined]
    publish(moved, aggregate=lead)
    if stage.kind != left.kind:
        tell_outcome(lead, stage.kind, why)


def tell_outcome(lead: Any, kind: str, why: str | None) -> None:
    """A lead was won, or lost (`why`); that one is open again is told by its stages alone."""
    if kind == "won":
        amount, currency = (lead.value.amount, lead.value.currency) if lead.value is not None else (None, None)
        publish(LeadWon(lead.id, lead.contact_id, lead.company_id, amount, currency), aggregate=lead)
    elif kind == "lost":
        publish(LeadLost(lead.id, lead.contact_id, lead.company_id, why), aggregate=lead)
