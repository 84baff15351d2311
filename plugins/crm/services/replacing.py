"""Statuses and reasons for losing go, and the leads that have them get others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.sdk import FieldError, Job, JobRun, _, _l, enqueue, session, utcnow
from plugins.crm.models import Lead, LeadStatus, LostReason
from plugins.crm.services import removing
from plugins.crm.services.steps import in_steps

JOB = "crm.replace"
_MODELS: dict[str, Any] = {"status_id": LeadStatus, "lost_reason_id": LostReason}


def jobs() -> list[Job]:
    """Changing many leads."""
    return [Job(JOB, replace, _l("Replace a status or reason that goes"), unique=True)]


def remove_status(rows: Sequence[LeadStatus], to: UUID | None = None) -> str:
    """Give its leads another status, or none; then delete it."""
    return _remove("status_id", rows, to)


def remove_reason(rows: Sequence[LostReason], to: UUID | None = None) -> str:
    """Give its leads another reason, then delete it. A lost lead always has one."""
    if to is None and any(_count("lost_reason_id", row.id) for row in rows):
        raise FieldError("to", _("Leads were lost because of this: choose the reason that they get."))
    return _remove("lost_reason_id", rows, to)


def _remove(column: str, rows: Sequence[Any], to: UUID | None) -> str:
    for row in rows:
        if to == row.id:
            raise FieldError("to", _("This one goes away itself: choose another one."))
        if _count(column, row.id) > removing.AT_ONCE:
            row.archived_at = row.archived_at or utcnow()  # nobody chooses it meanwhile
            enqueue(JOB, column, row.id, to)
            return _("The leads are being changed. It disappears when that is done.")
        _replace(column, row.id, to)
        session.delete(row)
        session.flush()
    return _("Deleted; its leads have what you chose.")


def _count(column: str, key: UUID) -> int:
    return session.scalar(select(func.count()).select_from(Lead).where(getattr(Lead, column) == key)) or 0


def _replace(column: str, key: UUID, to: UUID | None) -> int:
    """Up to AT_ONCE leads, those in trash and archive as well; how many there were."""
    having = select(Lead).where(getattr(Lead, column) == key).order_by(Lead.id).limit(removing.AT_ONCE)
    leads = session.scalars(having.with_for_update()).all()
    for lead in leads:
        setattr(lead, column, to)
    session.flush()
    return len(leads)


def replace(run: JobRun, column: str, key: str, to: str | None = None) -> None:
    """The job: changes the leads, then the row goes. Taken up again it goes on."""
    in_steps(run, lambda: _replace(column, UUID(key), UUID(to) if to else None))
    row = session.get(_MODELS[column], UUID(key))
    if row is not None:
        session.delete(row)
        session.flush()
