"""A stage becomes one for open, won or lost leads: those that are in it follow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, inspect, or_, select

from app.sdk import FieldError, Job, JobRun, _l, enqueue, ngettext, session, utcnow
from plugins.crm.models import Lead, LostReason, Stage
from plugins.crm.services.changes import tell_outcome
from plugins.crm.services.stages import stamp
from plugins.crm.services.steps import in_steps

AT_ONCE = 500
"""Leads that follow while somebody waits; more are a job's."""
JOB = "crm.follow_kind"
_LEAD: Any = Lead  # columns that come from `belongs_to`, which mypy cannot see


def jobs() -> list[Job]:
    """Many leads following their stage."""
    return [Job(JOB, follow, _l("Leads follow the kind of their stage"), unique=True)]


def follow_kind(stage: Stage) -> None:
    """Before a stage is saved: if its kind changes, its leads change with it, those in trash and archive as well.

    Raises FieldError for a stage that becomes one for the lost while leads in it do not say why.
    """
    if not inspect(stage).attrs.kind.history.has_changes():
        return
    with session.no_autoflush:
        if stage.kind == "lost":
            _check_reasons(stage)
        if _count(_astray(stage)) > AT_ONCE:
            enqueue(JOB, stage.id)
        else:
            _follow(stage)


def _check_reasons(stage: Stage) -> None:
    mute = _count(_LEAD.stage_id == stage.id, _LEAD.lost_reason_id.is_(None))
    if mute:
        words = ngettext(
            "%(num)s lead in it does not say yet why it was lost. Give it a reason first.",
            "%(num)s leads in it do not say yet why they were lost. Give them a reason first.",
            mute,
        )
        raise FieldError("kind", words)


def _astray(stage: Stage) -> ColumnElement[bool]:
    """Leads in the stage that are not yet what it says."""
    marks = {"won": Lead.won_at.is_(None), "lost": Lead.lost_at.is_(None)}
    others = or_(Lead.won_at.is_not(None), Lead.lost_at.is_not(None))
    return (_LEAD.stage_id == stage.id) & marks.get(stage.kind, others)


def _count(*which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Lead).where(*which)) or 0


def _follow(stage: Stage) -> int:
    """Up to AT_ONCE leads; how many there were. They were won or lost when they came there."""
    astray = select(Lead).where(_astray(stage)).order_by(Lead.id).limit(AT_ONCE)
    leads = session.scalars(astray.with_for_update()).all()
    for lead in leads:
        stamp(lead, stage, lead.stage_since or utcnow())
        why = session.get_one(LostReason, lead.lost_reason_id).name if stage.kind == "lost" else None
        tell_outcome(lead, stage.kind, why)
    return len(leads)


def follow(run: JobRun, key: str) -> None:
    """The job: taken up again it goes on."""

    def step() -> int:
        stage = session.get(Stage, UUID(key))
        return _follow(stage) if stage is not None else 0

    in_steps(run, step)
