"""What sales are measured by: targets."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index

from app.sdk import Choice, Mapped, Member, Money, Record, _l, belongs_to, choice, day, money
from plugins.crm.models.pipelines import Pipeline
from plugins.crm.models.territories import Territory

PERIODS = (Choice("month", _l("Month")), Choice("quarter", _l("Quarter")), Choice("year", _l("Year")))
COVERS = (Choice("person", _l("The person alone")), Choice("branch", _l("The person and everyone below")))


class SalesTarget(Record):
    """What shall be won in a period: by one person, by one with everyone below, or by all; in one pipeline or in all,
    in a territory or anywhere.

    Targets lie inside each other, in every direction: those of people in one with everyone below, those of a pipeline,
    a territory or a month in one for all of them. What is inside is part of the whole, not besides it
    (`plugins.crm.services.target_parts`).
    """

    __label__ = "period starts_on"
    __table_args__ = (
        Index(
            "uq_sales_target", "tenant_id", "owner_id", "pipeline_id", "territory_id", "period", "starts_on", "covers",
            unique=True, postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip

    period: Mapped[str] = choice(
        *PERIODS, label=_l("Period"), default="month",
        help=_l("A year or quarter is spread evenly over those of its months that have no target of their own."),
    )  # fmt: skip
    starts_on: Mapped[date] = day(
        label=_l("Begins"), sortable=True, help=_l("Any day in the period; its first one is kept.")
    )
    owner = belongs_to(Member, label=_l("Owner"), help=_l("For all together when left empty."), on_delete="cascade")
    covers: Mapped[str] = choice(
        *COVERS, label=_l("It is for"), default="person",
        help=_l("A manager's target with everyone below holds theirs: those are parts of it and not added to it."),
    )  # fmt: skip
    pipeline = belongs_to(Pipeline, label=_l("Pipeline"), help=_l("For all together when empty."), on_delete="cascade")
    territory = belongs_to(
        Territory, label=_l("Territory"), help=_l("For all together when empty."), on_delete="cascade"
    )
    amount: Mapped[Money] = money(label=_l("To be won"))
