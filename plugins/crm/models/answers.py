"""How long customers waited: one row for each answer that was due."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index

from app.sdk import Choice, Mapped, Member, Record, _l, belongs_to, choice, flag, integer, moment
from plugins.crm.models.leads import Lead
from plugins.crm.models.response_targets import ResponseTarget

ROUNDS = (Choice("first", _l("First answer"), "blue"), Choice("again", _l("Further answer"), "grey"))


class LeadAnswer(Record):
    """A lead was answered: whose it was, how long it had waited, and whether that was in time."""

    __audited__ = False
    __publishes__ = False
    __table_args__ = (Index("ix_lead_answer_at", "tenant_id", "answered_at", "id"),)

    lead = belongs_to(Lead, required=True, on_delete="cascade", label=_l("Lead"))
    target = belongs_to(ResponseTarget, on_delete="set null", label=_l("Response target"))
    member = belongs_to(Member, on_delete="set null", label=_l("Owner"))
    round: Mapped[str] = choice(*ROUNDS, label=_l("Response"), default="first")
    asked_at: Mapped[datetime] = moment(label=_l("Waiting since"))
    due_at: Mapped[datetime] = moment(label=_l("Answer by"))
    answered_at: Mapped[datetime] = moment(label=_l("Answered"))
    minutes: Mapped[int] = integer(minimum=0, label=_l("Working minutes until the answer"))
    in_time: Mapped[bool] = flag(label=_l("In time"))
    if TYPE_CHECKING:
        lead_id: Mapped[UUID]
