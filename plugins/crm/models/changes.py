"""Where leads have been: one row for each step from stage to stage, and from territory to territory."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index

from app.sdk import Mapped, Record, _l, _lp, belongs_to, flag, integer, moment, text, utcnow
from plugins.crm.models.leads import Lead
from plugins.crm.models.pipelines import Pipeline, Stage


class StageChange(Record):
    """A lead went from one stage to another. Names are kept, so the log stays whole when a stage is gone."""

    __audited__ = False
    __table_args__ = (Index("ix_stage_change_at", "tenant_id", "at", "id"),)

    lead = belongs_to(Lead, required=True, on_delete="cascade", label=_l("Lead"))
    pipeline = belongs_to(Pipeline, on_delete="set null", label=_l("Pipeline"))
    from_stage = belongs_to(Stage, on_delete="set null", label=_lp("change", "From"))
    to_stage = belongs_to(Stage, on_delete="set null", label=_lp("change", "To"))
    from_name: Mapped[str] = text(max_length=100, label=_lp("change", "From"))
    to_name: Mapped[str] = text(max_length=100, label=_lp("change", "To"))
    to_kind: Mapped[str] = text(max_length=10, label=_l("Kind"))
    seconds: Mapped[int] = integer(label=_l("Seconds in the stage before"))
    reason: Mapped[str | None] = text(max_length=100, label=_l("Lost because"))
    at: Mapped[datetime] = moment(label=_l("When"), default=utcnow)
    if TYPE_CHECKING:
        lead_id: Mapped[UUID]


class TerritoryChange(Record):
    """A lead came from one territory to another. Names are kept, so the log stays whole when a territory is gone."""

    __audited__ = False

    lead = belongs_to(Lead, required=True, on_delete="cascade", label=_l("Lead"))
    from_name: Mapped[str | None] = text(max_length=100, label=_lp("change", "From"))
    to_name: Mapped[str | None] = text(max_length=100, label=_lp("change", "To"))
    by_hand: Mapped[bool] = flag(label=_l("Territory chosen by hand"))
    at: Mapped[datetime] = moment(label=_l("When"), default=utcnow)
    if TYPE_CHECKING:
        lead_id: Mapped[UUID]
