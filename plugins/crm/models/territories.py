"""Territories: a tree of them, who works there, the rules by which leads belong to one, and looking at all leads
again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index

from app.sdk import (
    Choice,
    Mapped,
    Member,
    Record,
    _l,
    _lp,
    belongs_to,
    choice,
    flag,
    has_many,
    integer,
    json,
    long_text,
    text,
)
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
from plugins.crm.models.pipelines import COLOURS

REVIEW_STATES = (
    Choice("counting", _l("Looks at the leads"), "amber"),
    Choice("ready", _l("Ready to move them"), "blue"),
    Choice("moving", _l("Moves them"), "amber"),
    Choice("done", _l("Done"), "green"),
)
REVIEWED = (Choice("open", _l("Open leads")), Choice("all", _l("All leads, closed ones too")))


class Territory(Record):
    """A part of the market: a region, an industry, a size of customers. It may be part of a larger one."""

    __label__ = "name"
    __archive__ = True
    __config__ = True

    name: Mapped[str] = text(max_length=100, label=_l("Name"), sortable=True)
    part_of = belongs_to(lambda: Territory, on_delete="restrict", label=_l("Part of"))
    manager = belongs_to(Member, label=_l("Manager"), help=_l("Reaches its leads and those below, as its members do."))
    shares_leads: Mapped[bool] = flag(
        default=True, label=_l("Its members reach its leads"),
        help=_l("And those of the territories below, whoever has them, beside what their roles let them reach."),
    )  # fmt: skip
    colour: Mapped[str] = choice(*COLOURS, label=_l("Colour"), default="grey")
    position: Mapped[int] = integer(
        default=0, minimum=0, label=_l("Rank"), sortable=True,
        help=_l("Of territories equally deep the lowest is asked first."),
    )  # fmt: skip
    description: Mapped[str | None] = long_text(max_length=2_000, label=_l("Description"))
    members = has_many(lambda: TerritoryMember, reverse="territory", label=_l("Members"))


class TerritoryMember(Record):
    """Somebody who works in a territory."""

    __label__ = "member"
    __config__ = True
    __same__ = "member_id"
    __table_args__ = (Index("uq_territory_member", "tenant_id", "territory_id", "member_id", unique=True),)

    territory = belongs_to(Territory, required=True, on_delete="cascade", immutable=True, label=_l("Territory"))
    member = belongs_to(Member, required=True, on_delete="cascade", label=_l("Member"))


class TerritoryRule(Record):
    """Leads that meet its conditions belong to its territory, unless a deeper one has a rule for them, too."""

    __label__ = "name"
    __config__ = True

    name: Mapped[str] = text(max_length=100, label=_l("Name"), sortable=True)
    territory = belongs_to(Territory, required=True, on_delete="cascade", label=_l("Territory"))
    is_active: Mapped[bool] = flag(default=True, label=_l("Active"))
    conditions = has_many(lambda: TerritoryCondition, reverse="rule", label=_l("Conditions"), help=condition_words())


class TerritoryCondition(Record):
    """What a lead must meet for its rule, together with the others of the same alternative."""

    __label__ = "field operator value"
    __config__ = True

    rule = belongs_to(TerritoryRule, required=True, on_delete="cascade", immutable=True, label=_l("Rule"))
    field: Mapped[str] = condition_field()
    operator: Mapped[str] = condition_operator()
    value: Mapped[str | None] = condition_value()
    country: Mapped[str | None] = condition_country()
    language: Mapped[str | None] = condition_language()
    custom_key: Mapped[str | None] = condition_key()
    alternative: Mapped[int] = condition_alternative()


class TerritoryReview(Record):
    """All leads looked at again by the rules as they are: what would move from where to where, and then what did."""

    __label__ = "which"

    which: Mapped[str] = choice(*REVIEWED, label=_l("Which leads"), default="open")
    state: Mapped[str] = choice(*REVIEW_STATES, label=_l("State"), default="counting", readonly=True)
    seen: Mapped[int] = integer(default=0, label=_l("Leads looked at"), readonly=True)
    by_hand: Mapped[int] = integer(default=0, label=_l("Stay, because somebody chose"), readonly=True)
    would_move: Mapped[int] = integer(default=0, label=_l("Would move"), readonly=True)
    moved: Mapped[int] = integer(default=0, label=_lp("number of leads", "Moved"), readonly=True)
    moves: Mapped[Any | None] = json(label=_l("From where to where"), readonly=True)
