"""Taking stages and pipelines away without losing a lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.sdk import FieldError, Job, JobRun, _, _l, enqueue, session, utcnow
from plugins.crm.models import CaptureForm, Lead, Pipeline, Stage
from plugins.crm.services.stages import check_present, stamp
from plugins.crm.services.steps import in_steps

_LEAD: Any = Lead  # columns that come from `belongs_to`, which mypy cannot see
_FORM: Any = CaptureForm
AT_ONCE = 500
"""Leads moved while somebody waits; more are a job's."""
JOB = "crm.empty"


def jobs() -> list[Job]:
    """Moving many leads away."""
    return [Job(JOB, empty, _l("Move the leads of a stage that goes"), unique=True)]


def remove_stage(rows: Sequence[Stage], to: UUID, reason: UUID | None = None) -> str:
    """Move its leads to another stage, then delete it. `reason` is why they are lost, if that one is for the lost."""
    return _remove(rows, to, reason, lambda stage: [stage.id])


def remove_pipeline(rows: Sequence[Pipeline], to: UUID, reason: UUID | None = None) -> str:
    """Move all its leads to a stage of another pipeline, then delete it with its stages."""
    return _remove(rows, to, reason, lambda pipeline: list(session.scalars(select(Stage.id).where(_of(pipeline)))))


def _of(pipeline: Pipeline) -> ColumnElement[bool]:
    found: ColumnElement[bool] = Stage.pipeline_id == pipeline.id  # type: ignore[attr-defined]
    return found


def _remove(rows: Sequence[Any], to: UUID, reason: UUID | None, stages_of: Any) -> str:
    for row in rows:
        stages = stages_of(row)
        _check_target(stages, session.get_one(Stage, to), reason)
        leads = session.scalar(select(func.count()).select_from(Lead).where(_LEAD.stage_id.in_(stages)))
        row.archived_at = row.archived_at or utcnow()  # nobody puts new leads into it meanwhile
        session.flush()
        if leads > AT_ONCE:
            enqueue(JOB, type(row).__name__, row.id, to, reason)
            return _("The leads are being moved. It disappears when that is done.")
        _empty(stages, to, reason, leads + 1)
        _delete(row, stages, to)
    return _("Deleted; its leads are where you wanted them.")


def _check_target(stages: Sequence[UUID], to: Stage, reason: UUID | None) -> None:
    """It stays, and leads that are lost there say why."""
    if to.id in stages:
        raise FieldError("to", _("This stage goes away itself: choose another one."))
    check_present(to, "to")
    mute = select(Lead.id).where(_LEAD.stage_id.in_(stages), _LEAD.lost_reason_id.is_(None)).limit(1)
    if to.kind == "lost" and reason is None and session.scalar(mute) is not None:
        raise FieldError("reason", _("A lead in “%(stage)s” needs this.", stage=to.name))


def _empty(stages: Sequence[UUID], to: UUID, reason: UUID | None, limit: int) -> int:
    """Move up to `limit` leads, those in trash and archive as well: no rule keeps them in a stage that goes."""
    wanted = select(Lead).where(_LEAD.stage_id.in_(stages)).order_by(Lead.id).limit(limit)
    moved: Sequence[Any] = session.scalars(wanted.with_for_update()).all()
    target: Any = session.get_one(Stage, to)
    for lead in moved:
        lead.stage_id, lead.pipeline_id, lead.stage_since = target.id, target.pipeline_id, utcnow()
        lead.lost_reason_id = lead.lost_reason_id or reason
        stamp(lead, target, utcnow())
    session.flush()
    return len(moved)


def _delete(row: Any, stages: Sequence[UUID], to: UUID) -> None:
    _lead_elsewhere(row, stages, session.get_one(Stage, to))
    if isinstance(row, Pipeline):
        for stage in session.scalars(select(Stage).where(_of(row))):
            session.delete(stage)
        session.flush()
    session.delete(row)
    session.flush()


def _lead_elsewhere(row: Any, stages: Sequence[UUID], to: Any) -> None:
    """Forms that led there lead where the leads went, if those are open there."""
    there = _FORM.stage_id.in_(stages) | (_FORM.pipeline_id == row.id)
    for form in session.scalars(select(CaptureForm).where(there)) if to.kind == "open" else ():
        form.stage_id, form.pipeline_id = to.id, to.pipeline_id
    session.flush()


def empty(run: JobRun, kind: str, key: str, to: str, reason: str | None = None) -> None:
    """The job: moves the leads, then deletes the stage or pipeline. Taken up again it goes on."""
    model: Any = Pipeline if kind == "Pipeline" else Stage
    row = session.get(model, UUID(key))
    if row is None:
        return
    stages = list(session.scalars(select(Stage.id).where(_of(row)))) if isinstance(row, Pipeline) else [row.id]
    why = UUID(reason) if reason else None
    in_steps(run, lambda: _empty(stages, UUID(to), why, AT_ONCE))
    _delete(session.get_one(model, UUID(key)), stages, UUID(to))
