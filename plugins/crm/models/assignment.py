"""Whose a lead becomes: the rules, who takes how many and when not, whose turn it is, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column

from app.sdk import (
    Choice,
    Mapped,
    Member,
    Record,
    Team,
    TenantTable,
    _l,
    _lp,
    belongs_to,
    choice,
    flag,
    has_many,
    integer,
    moment,
)
from app.sdk import text as text_field
from plugins.crm.models.conditions import (
    condition_alternative,
    condition_country,
    condition_field,
    condition_key,
    condition_language,
    condition_operator,
    condition_value,
    condition_words,
)
from plugins.crm.models.leads import Lead

WAYS = (
    Choice("hand", _l("By hand"), "grey"),
    Choice("turn", _l("In turn"), "blue"),
    Choice("rule", _l("By a rule"), "purple"),
)


class AssignmentRule(Record):
    """Leads that come without an owner and meet all conditions go to a member, or to the members of a team, or of the
    lead's own territory, in turn.

    Rules are asked in the order of their positions; the first that matches and has somebody who can take the lead wins.
    """

    __label__ = "name"
    __config__ = True
    __table_args__ = (
        CheckConstraint(
            "(team_id IS NOT NULL)::int + (member_id IS NOT NULL)::int + is_territorial::int <= 1", name="one_target"
        ),
    )

    name: Mapped[str] = text_field(max_length=100, label=_l("Name"), sortable=True)
    position: Mapped[int] = integer(
        default=0, minimum=0, label=_l("Rank"), sortable=True, help=_l("The lowest is asked first.")
    )
    is_active: Mapped[bool] = flag(default=True, label=_l("Active"))
    team = belongs_to(Team, on_delete="cascade", label=_l("To the team"), help=_l("Its members take turns."))
    member = belongs_to(Member, on_delete="cascade", label=_l("To the member"))
    is_territorial: Mapped[bool] = flag(
        label=_l("To the lead's territory"),
        help=_l("Its members take turns; when none of them can take the lead, those of the territory above."),
    )
    conditions = has_many(lambda: RuleCondition, reverse="rule", label=_l("Conditions"), help=condition_words())


class RuleCondition(Record):
    """What a lead must meet for its rule, together with the others of the same alternative."""

    __label__ = "field operator value"
    __config__ = True

    rule = belongs_to(AssignmentRule, required=True, on_delete="cascade", immutable=True, label=_l("Rule"))
    field: Mapped[str] = condition_field()
    operator: Mapped[str] = condition_operator()
    value: Mapped[str | None] = condition_value()
    country: Mapped[str | None] = condition_country()
    language: Mapped[str | None] = condition_language()
    custom_key: Mapped[str | None] = condition_key()
    alternative: Mapped[int] = condition_alternative()


class Assignee(Record):
    """How much of what is given out by turns and rules a member takes. Who has no row takes one share, without end."""

    __label__ = "name"
    __table_args__ = (Index("uq_assignee_member", "tenant_id", "member_id", unique=True),)

    member = belongs_to(Member, required=True, on_delete="cascade", immutable=True, label=_l("Member"))
    name: Mapped[str] = text_field(label=_l("Name"), filled_in=True, readonly=True, sortable=True)
    weight: Mapped[int] = integer(
        default=1, minimum=0, maximum=100, label=_l("Share"), sortable=True,
        help=_l("Whoever has 2 gets twice as many leads as who has 1; 0 gets none."),
    )  # fmt: skip
    most: Mapped[int | None] = integer(
        minimum=0,
        maximum=100_000,
        label=_l("Open leads at most"),
        help=_l("Turns and rules pass over who has so many."),
    )


class Absence(Record):
    """A time in which a member is given nothing by turns and rules."""

    __label__ = "reason"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="in_order"),
        Index("ix_absence_period", "tenant_id", "ends_at", "starts_at"),
    )

    member = belongs_to(Member, required=True, on_delete="cascade", label=_l("Member"))
    starts_at: Mapped[datetime] = moment(label=_lp("time", "From"), sortable=True)
    ends_at: Mapped[datetime] = moment(label=_l("Until"), sortable=True)
    reason: Mapped[str | None] = text_field(max_length=200, label=_l("Reason"))


class Assignment(Record):
    """A lead came to a member: from whom, and how. Written by the house, one row each time."""

    __label__ = "way"
    __audited__ = False  # the lead's own entry tells it
    __publishes__ = False

    lead = belongs_to(Lead, required=True, on_delete="cascade", readonly=True, label=_l("Lead"))
    member = belongs_to(Member, on_delete="set null", readonly=True, label=_lp("change", "To"))
    previous = belongs_to(Member, on_delete="set null", readonly=True, label=_lp("change", "From"))
    way: Mapped[str] = choice(*WAYS, default="hand", readonly=True, label=_l("How"))
    rule = belongs_to(AssignmentRule, on_delete="set null", readonly=True, label=_l("Rule"))


class Rotation(TenantTable):
    """Whose turn it is in each team of a tenant: one row, locked by whoever gives leads out, so that turns are exact.

    `turns` is `{team id: {member id: credit}}`, see `services.assignment.turns`.
    """

    __table_args__ = (PrimaryKeyConstraint("tenant_id", name="pk_rotation"),)

    turns: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
