"""What is true of every lead before it is saved, whoever saves it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.sdk import Company, Contact, FieldError, Record, _, session, utcnow
from plugins.crm.models import Lead, Pipeline, Stage
from plugins.crm.services import changes as changes  # noqa: PLC0414  (it listens to every session)
from plugins.crm.services import people, scoring, territories
from plugins.crm.services.amounts import follow_lines
from plugins.crm.services.assignment import allocation, claim_new
from plugins.crm.services.open_leads import is_closed
from plugins.crm.services.response.waiting import begin
from plugins.crm.services.stages import settle


def complete(lead: Lead, is_new: bool) -> None:
    """Fill in what was left empty, and refuse what does not fit together. Runs before every save; nothing is stored
    meanwhile, or it could not be told any more what changes."""
    with session.no_autoflush:
        _name(lead)
        _place(lead)
        follow_lines(lead, is_new)
        settle(lead, is_new)
        _check_owner(lead, is_new)
        if is_new:
            lead.last_activity_at = lead.last_activity_at or utcnow()
        territories.settle(lead, is_new)
        if is_new:
            claim_new(lead)
            begin(lead)
            scoring.score([lead])  # those that are stored already are scored with the change (`scoring.storing`)


def _check_owner(lead: Any, is_new: bool) -> None:
    """An open lead goes to somebody at work; one that is closed may be of who sold it then, and so may merged ones."""
    if is_closed(lead) or allocation().knows(lead.assigned_to_id):
        return
    try:
        people.check_given(lead, is_new, "assigned_to")
    except FieldError:
        if not _was_brought(lead):
            raise


def _was_brought(lead: Any) -> bool:
    """Does a lead that was merged into this one belong to its owner?"""
    merged: Any = Lead
    same = select(Lead.id).where(merged.merged_into_id == lead.id, merged.assigned_to_id == lead.assigned_to_id)
    return session.scalar(same.limit(1)) is not None


def _name(lead: Lead) -> None:
    if not (lead.title or "").strip():
        lead.title = _label(Contact, lead.contact_id) or _label(Company, lead.company_id)
    if not lead.title:
        raise FieldError("title", _("Give the lead a title, a contact or a company."))


def _label(model: type[Record], record_id: Any) -> str:
    found = session.get(model, record_id) if record_id else None
    return str(found) if found is not None else ""


def _place(lead: Lead) -> None:
    """A lead without a stage takes the first one of the default pipeline; the pipeline is always its stage's."""
    if lead.stage_id is None:
        lead.stage_id = first_stage_id(lead.pipeline_id or default_pipeline_id())
    stage = session.get(Stage, lead.stage_id)
    if stage is not None:
        lead.pipeline_id = stage.pipeline_id


def default_pipeline_id() -> Any:
    """The pipeline for leads that name none. Raises FieldError when the tenant has none."""
    found = session.scalar(
        select(Pipeline.id).where(Pipeline.archived_at.is_(None)).order_by(Pipeline.position, Pipeline.id).limit(1)
    )
    if found is None:
        raise FieldError("pipeline", _("There is no pipeline yet. Add one first."))
    return found


def first_stage_id(pipeline_id: Any) -> Any:
    """The stage a lead starts in. Raises FieldError when the pipeline has none."""
    found = session.scalar(  # the whole stage, which is asked for next
        select(Stage)
        .where(Stage.pipeline_id == pipeline_id, Stage.kind == "open", Stage.archived_at.is_(None))
        .order_by(Stage.position)
        .limit(1)
    )
    if found is None:
        raise FieldError("stage", _("This pipeline has no open stage yet. Add one first."))
    return found.id
