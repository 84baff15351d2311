"""A lead in its stage: which moves are legal, what a stage asks for, and what follows from being there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select

from app.sdk import FieldError, FieldErrors, _, fields_of, session, utcnow
from plugins.crm.models import Lead, Pipeline, Stage
from plugins.crm.models.ways import NEEDED

EMPTY = (None, "", [])


def settle(lead: Lead, is_new: bool) -> None:
    """Refuse what the stage does not allow; stamp what follows from a move. Raises FieldError or FieldErrors."""
    stage = session.get(Stage, lead.stage_id)
    if stage is None:
        return
    before = None if is_new else stage_before(lead)
    has_moved = is_new or before != lead.stage_id
    if has_moved:
        check_present(stage)
    if before is not None and has_moved:
        _check_move(before, stage)
    if has_moved or any(_was_emptied(lead)):
        _check_needs(lead, stage)
    if has_moved:
        _enter(lead, stage, is_new=is_new)


def stage_before(lead: Lead) -> UUID | None:
    """The stage of the lead as it is stored; its present one when that did not change."""
    history = inspect(lead).attrs.stage_id.history
    if history.deleted:
        return history.deleted[0]  # type: ignore[no-any-return]
    if not history.added:
        return lead.stage_id  # type: ignore[attr-defined, no-any-return]
    with session.no_autoflush:
        return session.scalar(select(Lead.stage_id).where(Lead.id == lead.id))  # type: ignore[attr-defined, no-any-return]


def check_present(stage: Stage, field: str = "stage") -> None:
    """Raises FieldError for a stage that takes no leads: it or its pipeline is in the archive."""
    pipeline = session.get(Pipeline, stage.pipeline_id)  # type: ignore[attr-defined]
    for place in (stage, pipeline):
        if place is not None and place.archived_at is not None:
            raise FieldError(field, _("“%(name)s” is in the archive: choose another stage.", name=place.name))


def _check_move(before: UUID, stage: Stage) -> None:
    left = session.get(Stage, before)
    allowed = [one.to_id for one in left.next_stages] if left is not None else []
    if allowed and stage.id not in allowed:
        names = session.scalars(select(Stage.name).where(Stage.id.in_(allowed)).order_by(Stage.position))
        words = _("From “%(stage)s” a lead may only go to: %(names)s.", stage=left, names=", ".join(names))
        raise FieldError("stage", words)


def _was_emptied(lead: Lead) -> Iterator[bool]:
    """Whether fields that a stage may ask for had a value that is taken away now."""
    attributes = inspect(lead).attrs
    for name in _needable():
        column = Lead.__fields__[name].column
        yield attributes[column].history.has_changes() and getattr(lead, column) in EMPTY
    for before in attributes.custom_fields.history.deleted or ():
        yield any(value not in EMPTY and lead.custom_fields.get(key) in EMPTY for key, value in (before or {}).items())


def _needable() -> Iterator[str]:
    yield from (one.value for one in NEEDED if one.value != "custom")
    yield "lost_reason"


def _check_needs(lead: Lead, stage: Stage) -> None:
    known = fields_of(Lead) if any(one.needed == "custom" for one in stage.needs) else Lead.__fields__
    needs = [one.field for one in stage.needs if one.field in known]  # an own field may be gone since
    needs += ["lost_reason"] if stage.kind == "lost" else []
    missing = [name for name in needs if _held(lead, name) in EMPTY]
    if missing:
        raise FieldErrors(dict.fromkeys(missing, _("A lead in “%(stage)s” needs this.", stage=stage.name)))


def _held(lead: Lead, name: str) -> Any:
    """What the lead has in a field, of the tenant's own ones too."""
    own = name.removeprefix("custom.")
    return lead.custom_fields.get(own) if own != name else getattr(lead, Lead.__fields__[name].column)


def _enter(lead: Lead, stage: Stage, *, is_new: bool) -> None:
    now = utcnow()
    if not is_new or lead.stage_since is None:
        lead.stage_since = now
    stamp(lead, stage, now)


def stamp(lead: Any, stage: Stage, at: datetime) -> None:
    """A lead is open, won or lost as its stage is; since `at`, unless it was before."""
    lead.won_at = (lead.won_at or at) if stage.kind == "won" else None
    lead.lost_at = (lead.lost_at or at) if stage.kind == "lost" else None
    if stage.kind != "lost":
        lead.lost_reason_id = None


def stages_of(lead: Lead, kind: str) -> list[Any]:
    """The stages of one kind in the lead's pipeline, in their order."""
    wanted = select(Stage).where(
        Stage.pipeline_id == lead.pipeline_id,  # type: ignore[attr-defined]
        Stage.kind == kind,
        Stage.archived_at.is_(None),  # type: ignore[attr-defined]
    )
    return list(session.scalars(wanted.order_by(Stage.position, Stage.id)))
