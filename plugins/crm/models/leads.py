"""The lead: somebody who may buy, what, and how far it has come."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, and_
from sqlalchemy import text as sql

from app.sdk import (
    Choice,
    Company,
    Contact,
    Mapped,
    Member,
    Money,
    Record,
    _l,
    _lp,
    belongs_to,
    choice,
    day,
    flag,
    has_many,
    integer,
    long_text,
    moment,
    money,
    tags,
    text,
)
from plugins.crm.models.pipelines import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.models.priorities import PRIORITIES
from plugins.crm.models.response_targets import ResponseTarget
from plugins.crm.models.territories import Territory

ANSWERS = (
    Choice("waiting", _l("Waits for an answer"), "amber"),
    Choice("met", _l("Answered in time"), "green"),
    Choice("missed", _l("Answered late"), "red"),
)

OPEN = sql("won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL")
"""What the indexes of the daily work leave out: leads that nobody works on any more."""
NOBODYS = sql(f"assigned_to_id IS NULL AND {OPEN}")
WAITING = sql(f"respond_by IS NOT NULL AND {OPEN}")


def _still_open(lead: Any) -> ColumnElement[bool]:
    return and_(lead.won_at.is_(None), lead.lost_at.is_(None))


class Lead(Record):
    """A chance to sell something to a contact or company, in a stage of a pipeline."""

    __soft_delete__ = True
    __archive__ = True
    __label__ = "title"
    __table_args__ = (
        # What a board sums: all of it is in the index, so that not one row is read for it.
        Index(
            "ix_lead_totals",
            "tenant_id",
            "stage_id",
            "value_currency",
            "value_minor",
            postgresql_where=sql("deleted_at IS NULL AND archived_at IS NULL"),
        ),
        Index("ix_lead_pipeline", "tenant_id", "pipeline_id", "stage_id"),
        Index("ix_lead_follow_up", "tenant_id", "assigned_to_id", "next_follow_up_at", "id", postgresql_where=OPEN),
        Index(
            "ix_lead_stale", "tenant_id", "assigned_to_id", "stage_id", "last_activity_at_sort", postgresql_where=OPEN
        ),
        Index("ix_lead_respond", "tenant_id", "assigned_to_id", "respond_by", "id", postgresql_where=WAITING),
        Index("ix_lead_waiting", "tenant_id", "respond_by", "id", postgresql_where=WAITING),
        # What another system calls a lead is its own among those that come from there; one in the trash holds no name.
        Index(
            "uq_lead_external_id",
            "tenant_id",
            "source_sort",
            "external_id",
            unique=True,
            postgresql_where=sql("deleted_at IS NULL AND external_id IS NOT NULL"),
        ),
        Index("ix_lead_unassigned", "tenant_id", "respond_by_sort", "id", postgresql_where=NOBODYS),
    )

    title: Mapped[str] = text(label=_l("Title"), sortable=True, filled_in=True, help=_l("The contact's name if empty."))
    contact = belongs_to(Contact, label=_l("Contact"))
    company = belongs_to(Company, label=_l("Company"))
    pipeline = belongs_to(Pipeline, filled_in=True, readonly=True, label=_l("Pipeline"))
    stage = belongs_to(Stage, filled_in=True, label=_l("Stage"), help=_l("The first of the default pipeline if empty."))
    status = belongs_to(LeadStatus, label=_l("Status"))
    priority: Mapped[str] = choice(*PRIORITIES, label=_l("Priority"), default="normal", sortable=True)
    value: Mapped[Money | None] = money(label=_l("Value"), sortable=True)
    expected_close: Mapped[date | None] = day(label=_l("Expected close"), sortable=True, due=_still_open)
    assigned_to = belongs_to(Member, label=_l("Assigned to"))
    territory = belongs_to(
        Territory, on_delete="restrict", label=_l("Territory"), help=_l("Found by the territories' rules when empty.")
    )
    territory_by_hand: Mapped[bool] = flag(label=_l("Territory chosen by hand"), readonly=True)
    source: Mapped[str | None] = text(max_length=100, label=_l("Source"), sortable=True)
    utm_source: Mapped[str | None] = text(max_length=200, label=_l("Campaign source"), readonly=True, sortable=True)
    utm_medium: Mapped[str | None] = text(max_length=200, label=_l("Campaign medium"), readonly=True)
    utm_campaign: Mapped[str | None] = text(max_length=200, label=_l("Campaign"), readonly=True, sortable=True)
    utm_term: Mapped[str | None] = text(max_length=200, label=_l("Campaign term"), readonly=True)
    utm_content: Mapped[str | None] = text(max_length=200, label=_l("Campaign content"), readonly=True)
    gclid: Mapped[str | None] = text(max_length=500, label=_l("Google click id"), readonly=True)
    fbclid: Mapped[str | None] = text(max_length=500, label=_l("Meta click id"), readonly=True)
    msclkid: Mapped[str | None] = text(max_length=500, label=_l("Microsoft click id"), readonly=True)
    external_id: Mapped[str | None] = text(
        max_length=100, label=_l("External id"), sortable=True, extra={"within": "source"},
        help=_l("What another system calls it; each only once among the leads of one source."),
    )  # fmt: skip
    tags: Mapped[list[str]] = tags(label=_l("Tags"))
    description: Mapped[str | None] = long_text(max_length=20_000, label=_l("Description"))
    score: Mapped[int | None] = integer(label=_l("Score"), readonly=True, derived=True, sortable=True)
    score_reasons: Mapped[str | None] = long_text(
        max_length=20_000, label=_l("Why this score"), readonly=True, derived=True
    )
    lost_reason = belongs_to(LostReason, label=_l("Lost because"))
    won_at: Mapped[datetime | None] = moment(label=_l("Won"), readonly=True, sortable=True)
    converted_at: Mapped[datetime | None] = moment(label=_l("Converted"), readonly=True, sortable=True)
    lost_at: Mapped[datetime | None] = moment(label=_l("Lost"), readonly=True, sortable=True)
    stage_since: Mapped[datetime | None] = moment(label=_l("In this stage since"), readonly=True, sortable=True)
    last_activity_at: Mapped[datetime | None] = moment(label=_l("Last activity"), readonly=True, sortable=True)
    next_follow_up_at: Mapped[datetime | None] = moment(label=_l("Next follow-up"), sortable=True, due=_still_open)
    response_state: Mapped[str | None] = choice(*ANSWERS, label=_l("Response"), readonly=True)
    respond_by: Mapped[datetime | None] = moment(label=_l("Answer by"), readonly=True, sortable=True)
    waiting_since: Mapped[datetime | None] = moment(label=_l("Waiting since"), readonly=True)
    first_responded_at: Mapped[datetime | None] = moment(label=_l("First answered"), readonly=True, sortable=True)
    response_target = belongs_to(ResponseTarget, readonly=True, on_delete="set null", label=_l("Response target"))
    merged_into = belongs_to(lambda: Lead, readonly=True, label=_l("Merged into"))
    lines = has_many(lambda: _lines().LeadLine, reverse="lead", label=_lp("of an order", "Lines"))


def _lines() -> Any:
    from plugins.crm.models import lines

    return lines
