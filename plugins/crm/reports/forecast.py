"""The forecast: open leads by value times probability, what is won, and the targets beside them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Numeric, Select, String, and_, case, cast, func, null, select, union_all

from app.sdk import (
    Choice,
    Dataset,
    Measure,
    Member,
    Ratio,
    Reach,
    Report,
    _l,
    _lp,
    belongs_to,
    choice,
    day,
    money,
    text,
)
from plugins.crm.models import Lead, Pipeline, Stage, Territory
from plugins.crm.reports.columns import amount, no_amount, of_lead, on_day
from plugins.crm.reports.targets import target_facts

_LEAD: Any = Lead
STANDINGS = (Choice("overdue", _l("Overdue"), "red"), Choice("no_date", _l("No date"), "grey"))


def dataset() -> Dataset:
    return Dataset(
        "forecasting",
        _l("Forecast"),
        Lead,
        facts,
        columns={
            "close": day(label=_lp("date", "Close")),
            "standing": choice(*STANDINGS, label=_l("Overdue or no date")),
            "owner": belongs_to(Member, label=_l("Owner")),
            "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
            "territory": belongs_to(Territory, label=_l("Territory")),
            "stage": belongs_to(Stage, label=_l("Stage")),
            "source": text(label=_l("Source")),
            "value": money(label=_l("Value")),
            "weighted": money(label=_l("Weighted value")),
            "overdue": money(label=_l("Overdue")),
            "undated": money(label=_l("No date")),
            "won": money(label=_l("Won")),
            "target": money(label=_l("Target")),
            "own_target": money(label=_l("Target of the person alone")),
        },
        measures=(
            Measure("weighted", _l("Forecast"), "sum", "weighted"),
            Measure("overdue", _l("Of it overdue"), "sum", "overdue"),
            Measure("undated", _l("Of it without a date"), "sum", "undated"),
            Measure("won", _l("Won"), "sum", "won"),
            Measure("open", _l("Open and won"), "sum", "value"),
            Measure("target", _l("Target"), "sum", "target"),
            Measure("own_target", _l("Target of the person alone"), "sum", "own_target"),
            Ratio("attained", _l("Won of target"), "won", "target"),
            Ratio("own_attained", _l("Won of the person's target"), "won", "own_target"),
            Ratio("covered", _l("Forecast of target"), "weighted", "target"),
        ),
        stems={
            "close": "expected_close", "standing": "expected_close", "owner": "assigned_to", "weighted": "value",
            "overdue": "value", "undated": "value", "won": "value",
        },
        apart={"close": "standing"},
        by="close.month",
        show="weighted won target attained",
        summary=_l(
            "Open leads by value times probability at their expected close, won ones whole, beside the targets. Leads "
            "whose day has passed, and those without one, count as of today and stand in lines of their own. A target "
            "below zero is what was handed out beyond the one that holds it."
        ),
    )  # fmt: skip


def reports() -> list[Report]:
    this_quarter, together = "close.within=this_quarter", "weighted overdue undated won target attained"
    return [
        Report(
            "forecast", _l("Forecast against target"), "forecasting", by="close.month",
            measures="weighted won target attained", where="close.within=this_year", chart="bar",
        ),
        Report(
            "forecast_by_owner", _l("Forecast by owner"), "forecasting", by="owner",
            measures="weighted overdue undated won own_target own_attained", where=this_quarter,
        ),
        Report(
            "forecast_by_manager", _l("Forecast by manager"), "forecasting", by="owner.at_or_below",
            measures=together, where=this_quarter, top=50,
        ),
        Report("forecast_by_pipeline", _l("Forecast by pipeline"), "forecasting", by="pipeline", measures=together,
               where=this_quarter),
        Report("forecast_by_territory", _l("Forecast by territory"), "forecasting", by="territory", measures=together,
               where=this_quarter),
    ]  # fmt: skip


def facts(reach: Reach) -> Select[Any]:
    """Leads that are open or won, and what the targets add, one below the other."""
    both = union_all(_leads(reach), target_facts(reach)).subquery("forecast")
    return select(*both.c)


def _leads(reach: Reach) -> Select[Any]:
    """Won ones, and open ones that somebody works on: none in the archive."""
    is_won, due = Stage.kind == "won", Lead.expected_close
    is_overdue, is_undated = and_(~is_won, due < reach.today), and_(~is_won, due.is_(None))  # type: ignore[operator, union-attr]
    close = case((is_won, on_day(Lead.won_at, reach)), else_=func.greatest(due, reach.today))
    share = cast(func.round(cast(_LEAD.value_minor, Numeric) * Stage.probability / 100), BigInteger)
    weighted = case((is_won, _LEAD.value_minor), else_=share)
    return (
        select(
            Lead.id.label("record_id"),
            close.label("close"),
            case((is_overdue, "overdue"), (is_undated, "no_date"), else_=cast(null(), String)).label("standing"),
            *of_lead(),
            _LEAD.stage_id.label("stage_id"),
            *amount(Lead, "value", "value"),
            weighted.label("weighted_minor"),
            _LEAD.value_currency.label("weighted_currency"),
            *_where(is_overdue, share, "overdue"),
            *_where(is_undated, share, "undated"),
            *_where(is_won, _LEAD.value_minor, "won"),
            *no_amount("target"),
            *no_amount("own_target"),
        )
        .join(Stage, Stage.id == _LEAD.stage_id)
        .where(Stage.kind != "lost", is_won | _LEAD.archived_at.is_(None), *reach.conditions(Lead))
    )


def _where(condition: Any, minor: Any, name: str) -> tuple[Any, Any]:
    """An amount of the lead's where the condition holds, and nothing elsewhere."""
    return (
        case((condition, minor)).label(f"{name}_minor"),
        case((condition, _LEAD.value_currency)).label(f"{name}_currency"),
    )
