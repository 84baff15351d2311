"""Taking stages and pipelines away without losing a lead, and putting stages into another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.sdk import FieldError, Job, JobRun, _, _l, enqueue, session, utcnow
from plugins.crm.models import Lead, Pipeline, Stage

AT_ONCE = 500
"""Leads moved while somebody waits; more are a job's."""
JOB = "crm.empty"


def jobs() -> list[Job]:
    """Moving many leads away."""
    return [Job(JOB, empty, _l("Move the leads of a stage that goes"), unique=True)]


def remove_stage(rows: Sequence[Stage], to: UUID) -> str:
    """Move its leads to another stage, then delete it."""
    return _remove(rows, to, lambda stage: [stage.id])


def remove_pipeline(rows: Sequence[Pipeline], to: UUID) -> str:
    """Move all its leads to a stage of another pipeline, then delete it with its stages."""
    return _remove(rows, to, lambda pipeline: list(session.scalars(select(Stage.id).where(_of(pipeline)))))


def _of(pipeline: Pipeline) -> ColumnElement[bool]:
    found: ColumnElement[bool] = Stage.pipeline_id == pipeline.id  # type: ignore[attr-defined]
    return found


def _remove(rows: Sequence[Any], to: UUID, stages_of: Any) -> str:
    for row in rows:
        stages = stages_of(row)
        if to in stages:
            raise FieldError("to", _("This stage goes away itself: choose another one."))
        leads = session.scalar(select(func.count()).select_from(Lead).where(Lead.stage_id.in_(stages)))  # type: ignore[attr-defined]
        row.archived_at = row.archived_at or utcnow()  # nobody puts new leads into it meanwhile
        session.flush()
        if leads > AT_ONCE:
            enqueue(JOB, type(row).__name__, row.id, to)
            return _("The leads are being moved. It disappears when that is done.")
        _empty(stages, to, leads + 1)
        _delete(row)
    return _("Deleted; its leads are where you wanted them.")


def _empty(stages: Sequence[UUID], to: UUID, limit: int) -> int:
    """Move up to `limit` leads, those in trash and archive as well: no rule keeps them in a stage that goes."""
    wanted = select(Lead).where(Lead.stage_id.in_(stages)).order_by(Lead.id).limit(limit)  # type: ignore[attr-defined]
    moved = session.scalars(wanted.with_for_update()).all()
    target = session.get_one(Stage, to)
    for lead in moved:
        lead.stage_id, lead.pipeline_id, lead.stage_since = target.id, target.pipeline_id, utcnow()  # type: ignore[attr-defined]
        lead.won_at = (lead.won_at or utcnow()) if target.kind == "won" else None
        lead.lost_at = (lead.lost_at or utcnow()) if target.kind == "lost" else None
    session.flush()
    return len(moved)


def _delete(row: Any) -> None:
    if isinstance(row, Pipeline):
        for stage in session.scalars(select(Stage).where(_of(row))):
            session.delete(stage)
        session.flush()
    session.delete(row)
    session.flush()


def empty(run: JobRun, kind: str, key: str, to: str) -> None:
    """The job: moves leads in steps, each committed, then deletes the stage or pipeline. Taken up again it goes on."""
    model: Any = Pipeline if kind == "Pipeline" else Stage
    row = session.get(model, UUID(key))
    if row is None:
        return
    stages = list(session.scalars(select(Stage.id).where(_of(row)))) if isinstance(row, Pipeline) else [row.id]
    done = 0
    while moved := _empty(stages, UUID(to), AT_ONCE):
        done += moved
        session.commit()
        run.progress(done)
    _delete(session.get_one(model, UUID(key)))


def earlier(rows: Sequence[Stage]) -> None:
    """One place towards the beginning of its pipeline."""
    _shift(rows[0], -1)


def later(rows: Sequence[Stage]) -> None:
    """One place towards the end of its pipeline."""
    _shift(rows[0], 1)


def _shift(stage: Stage, step: int) -> None:
    """The stages of the pipeline get whole numbers in their new order."""
    same = select(Stage).where(Stage.pipeline_id == stage.pipeline_id)  # type: ignore[attr-defined]
    ordered = list(session.scalars(same.order_by(Stage.position, Stage.id).with_for_update()))
    at = ordered.index(stage)
    to = max(0, min(len(ordered) - 1, at + step))
    ordered.insert(to, ordered.pop(at))
    for number, one in enumerate(ordered, 1):
        if one.position != number:
            one.position = number
