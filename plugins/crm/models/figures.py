"""What sales are measured by: targets, and the rules that give leads their points."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index

from app.sdk import Choice, Mapped, Member, Money, Record, _l, belongs_to, choice, day, flag, integer, money, text
from plugins.crm.models.pipelines import Pipeline
from plugins.crm.models.territories import Territory

PERIODS = (Choice("month", _l("Month")), Choice("quarter", _l("Quarter")), Choice("year", _l("Year")))
COVERS = (Choice("person", _l("The person alone")), Choice("branch", _l("The person and everyone below")))
SUBJECTS = (
    Choice("contact", _l("Contact")),
    Choice("contact_email", _l("E-mail of the contact")),
    Choice("contact_phone", _l("Phone of the contact")),
    Choice("company", _l("Company")),
    Choice("stage", _l("Stage")),
    Choice("status", _l("Status")),
    Choice("priority", _l("Priority")),
    Choice("value", _l("Value")),
    Choice("source", _l("Source")),
    Choice("tags", _l("Tags")),
    Choice("description", _l("Description")),
    Choice("assigned_to", _l("Assigned to")),
    Choice("expected_close", _l("Expected close")),
    Choice("created_at", _l("Created")),
    Choice("last_activity_at", _l("Last activity")),
    Choice("next_follow_up_at", _l("Next follow-up")),
)
COMPARISONS = (
    Choice("filled", _l("is not empty")),
    Choice("empty", _l("is empty")),
    Choice("is", _l("is")),
    Choice("is_not", _l("is not")),
    Choice("contains", _l("contains")),
    Choice("at_least", _l("is at least")),
    Choice("at_most", _l("is at most")),
    Choice("newer", _l("is newer than so many days")),
    Choice("older", _l("is older than so many days")),
)


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


class ScoreRule(Record):
    """A condition on a lead, and the points that a lead gets which meets it."""

    __label__ = "name"

    name: Mapped[str] = text(
        max_length=100, label=_l("Name"), sortable=True, help=_l("Shown with the points, such as “has e-mail”.")
    )
    subject: Mapped[str] = choice(*SUBJECTS, label=_l("Field"), default="contact_email")
    comparison: Mapped[str] = choice(*COMPARISONS, label=_l("Comparison"), default="filled")
    value: Mapped[str | None] = text(
        max_length=200, label=_l("Compared with"),
        show_if="comparison=is|is_not|contains|at_least|at_most|newer|older",
    )  # fmt: skip
    points: Mapped[int] = integer(minimum=-1_000, maximum=1_000, label=_l("Points"), default=10)
    is_active: Mapped[bool] = flag(label=_l("Counts"), default=True)
