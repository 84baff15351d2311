"""Won and lost: how many, what they were worth, why, and how long it took from their making."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DateTime, Integer, Select, case, cast, select

from app.sdk import (
    Choice,
    Dataset,
    Measure,
    Member,
    Ratio,
    Reach,
    Report,
    _l,
    belongs_to,
    choice,
    integer,
    moment,
    money,
    text,
)
from plugins.crm.models import Lead, LostReason, Pipeline, Stage, Territory
from plugins.crm.reports.columns import amount, of_lead, on_day

_LEAD: Any = Lead
OUTCOMES = (Choice("won", _l("Won"), "green"), Choice("lost", _l("Lost"), "red"))


def dataset() -> Dataset:
    return Dataset(
        "outcomes",
        _l("Won and lost leads"),
        Lead,
        facts,
        columns={
            "outcome": choice(*OUTCOMES, label=_l("Outcome")),
            "closed_at": moment(label=_l("Closed")),
            "owner": belongs_to(Member, label=_l("Owner")),
            "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
            "territory": belongs_to(Territory, label=_l("Territory")),
            "source": text(label=_l("Source")),
            "lost_reason": belongs_to(LostReason, label=_l("Lost because")),
            "value": money(label=_l("Value")),
            "won_value": money(label=_l("Value won")),
            "lost_value": money(label=_l("Value lost")),
            "days": integer(label=_l("Days until closed")),
            "is_won": integer(label=_l("Won")),
            "is_lost": integer(label=_l("Lost")),
        },
        measures=(
            Measure("closed", _l("Closed leads")),
            Measure("won_ones", _l("Won"), "sum", "is_won"),
            Measure("lost_ones", _l("Lost"), "sum", "is_lost"),
            Measure("won_value", _l("Value won"), "sum", "won_value"),
            Measure("lost_value", _l("Value lost"), "sum", "lost_value"),
            Ratio("rate", _l("Won of closed"), "won_ones", "closed"),
        ),
        stems={
            "owner": "assigned_to", "won_value": "value", "lost_value": "value", "outcome": "stage", "is_won": "stage",
            "is_lost": "stage", "closed_at": "won_at", "days": "won_at",
        },
        by="closed_at.month outcome",
        show="closed",
        chart="stacked",
    )  # fmt: skip


def reports() -> list[Report]:
    this_year, won = "closed_at.within=this_year", "won_value won_ones rate avg.days"
    cycle = "avg.days median.days min.days max.days won_ones"
    return [
        Report(
            "conversion_by_source", _l("Conversion by source"), "outcomes", by="source",
            measures="rate closed won_ones lost_ones won_value", order="-closed",
        ),
        Report(
            "won_and_lost", _l("Won and lost by month"), "outcomes", by="closed_at.month outcome",
            measures="closed", where="closed_at.within=last_365_days", chart="stacked",
        ),
        Report(
            "lost_reasons", _l("Why leads were lost"), "outcomes", by="lost_reason",
            measures="closed lost_value", where="outcome.is=lost", chart="bar",
        ),
        Report(
            "lost_value", _l("What was lost by reason"), "outcomes", by="lost_reason",
            measures="lost_value closed avg.lost_value", where="outcome.is=lost", chart="bar",
        ),
        Report("won_by_owner", _l("Won by owner"), "outcomes", by="owner", measures=won, where=this_year),
        Report(
            "won_by_manager", _l("Won by manager"), "outcomes", by="owner.at_or_below", measures=won, where=this_year,
            top=50,
        ),
        Report(
            "won_by_territory", _l("Won by territory"), "outcomes", by="territory.at_or_below", measures=won,
            where=this_year, top=50,
        ),
        Report(
            "sales_cycle", _l("Sales cycle"), "outcomes", by="closed_at.month", measures=cycle,
            where="outcome.is=won&closed_at.within=last_365_days",
            summary=_l("Days from the making of a lead until it was won."),
        ),
        Report(
            "sales_cycle_by_owner", _l("Sales cycle by owner"), "outcomes", by="owner", measures=cycle,
            where="outcome.is=won&closed_at.within=last_365_days",
        ),
        Report("won", _l("Won"), "outcomes", measures="won_value won_ones", where="outcome.is=won"),
        Report("win_rate", _l("Won of closed leads"), "outcomes", measures="rate closed"),
    ]  # fmt: skip


def facts(reach: Reach) -> Select[Any]:
    """Leads that are won or lost, with how long it took."""
    is_won = Stage.kind == "won"
    end = cast(case((is_won, Lead.won_at), else_=Lead.lost_at), DateTime(timezone=True))
    return (
        select(
            Lead.id.label("record_id"),
            Stage.kind.label("outcome"),  # type: ignore[attr-defined]
            end.label("closed_at"),
            *of_lead(),
            case((~is_won, _LEAD.lost_reason_id)).label("lost_reason_id"),
            *amount(Lead, "value", "value"),
            *_only(is_won, "won_value"),
            *_only(~is_won, "lost_value"),
            (on_day(end, reach) - on_day(Lead.created_at, reach)).label("days"),
            cast(is_won, Integer).label("is_won"),
            cast(~is_won, Integer).label("is_lost"),
        )
        .join(Stage, Stage.id == _LEAD.stage_id)
        .where(Stage.kind != "open", *reach.conditions(Lead))
    )


def _only(condition: Any, name: str) -> tuple[Any, Any]:
    """The lead's value where the condition holds."""
    return (
        case((condition, _LEAD.value_minor)).label(f"{name}_minor"),
        case((condition, _LEAD.value_currency)).label(f"{name}_currency"),
    )
