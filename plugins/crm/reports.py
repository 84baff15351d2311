"""The figures of sales: forecast against target, funnel and conversion, what was won and lost and why, scores.

Three datasets, each a select of facts; everything else (filters, groups, charts, drill-down, files) is the core's.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    String,
    Uuid,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.sdk import (
    Card,
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
    integer,
    moment,
    money,
    text,
)
from plugins.crm.models import Activity, Lead, LostReason, Pipeline, Stage, StageChange, Territory
from plugins.crm.models.figures import SalesTarget

OUTCOMES = (Choice("won", _l("Won"), "green"), Choice("lost", _l("Lost"), "red"))


def datasets() -> list[Dataset]:
    return [_forecast(), _funnel(), _closed()]


def reports() -> list[Report]:
    return [
        Report(
            "forecast", _l("Forecast against target"), "forecasting", by="close.month",
            measures="weighted won target attained", where="close.within=this_year", chart="bar",
        ),
        Report(
            "forecast_by_owner", _l("Forecast by owner"), "forecasting", by="owner",
            measures="weighted won open own_target own_attained", where="close.within=this_quarter",
        ),
        Report(
            "forecast_by_manager", _l("Forecast by manager"), "forecasting", by="owner.at_or_below",
            measures="weighted won open target attained", where="close.within=this_quarter", top=50,
        ),
        Report(
            "forecast_by_territory", _l("Forecast by territory"), "forecasting", by="territory",
            measures="weighted won open target attained", where="close.within=this_quarter",
        ),
        Report("funnel", _l("Funnel"), "stages_reached", by="stage", measures="reached won_rate", chart="funnel"),
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
            measures="closed sum.value", where="outcome.is=lost", chart="bar",
        ),
        Report(
            "won_by_owner", _l("Won by owner"), "outcomes", by="owner",
            measures="won_value won_ones rate avg.days", where="closed_at.within=this_year",
        ),
        Report(
            "won_by_manager", _l("Won by manager"), "outcomes", by="owner.at_or_below",
            measures="won_value won_ones rate avg.days", where="closed_at.within=this_year", top=50,
        ),
        Report(
            "won_by_territory", _l("Won by territory"), "outcomes", by="territory.at_or_below",
            measures="won_value won_ones rate avg.days", where="closed_at.within=this_year", top=50,
        ),
        Report("open_by_stage", _l("Open leads by stage"), Lead, by="stage", measures="count sum.value",
               where="won_at.empty=true&lost_at.empty=true"),
        Report("open_by_status", _l("Open leads by status"), Lead, by="status", measures="count sum.value",
               where="won_at.empty=true&lost_at.empty=true", chart="donut"),
        Report("new_by_source", _l("New leads by source"), Lead, by="created_at.month source", chart="stacked",
               where="created_at.within=last_365_days"),
        Report("activities_by_person", _l("Activities by person"), Activity, by="done_by kind", chart="stacked",
               where="at.within=this_month"),
        Report("activities_by_week", _l("Activities by week"), Activity, by="at.week kind", chart="stacked",
               where="at.within=last_90_days"),
        Report("calls_by_result", _l("Calls by result"), Activity, by="result",
               measures="count sum.minutes avg.minutes", where="kind.is=call&at.within=last_30_days"),
        Report("won", _l("Won"), "outcomes", measures="won_value won_ones", where="outcome.is=won"),
        Report("new", _l("New leads"), Lead, measures="count"),
        Report("open", _l("Open leads"), Lead, measures="sum.value count",
               where="won_at.empty=true&lost_at.empty=true"),
        Report("win_rate", _l("Won of closed leads"), "outcomes", measures="rate closed"),
    ]  # fmt: skip


def cards() -> list[Card]:
    return [
        Card(
            "new", _l("New leads"), report="new", show="number", period="created_at.this_month", size="small", order=10
        ),
        Card("won", _l("Won"), report="won", show="number", period="closed_at.this_month", size="small", order=20),
        Card(
            "win_rate",
            _l("Won of closed leads"),
            report="win_rate",
            show="number",
            period="closed_at.this_month",
            size="small",
            order=24,
        ),
        Card("open", _l("Open leads"), report="open", show="number", size="small", order=28),
        Card("forecast", _l("Forecast against target"), report="forecast", order=30),
        Card("funnel", _l("Funnel"), report="funnel", order=40),
        Card("lost_reasons", _l("Why leads were lost"), report="lost_reasons", order=50, usual=False),
        Card("activities", _l("Activities by person"), report="activities_by_person", order=55),
        Card("newest", _l("Newest leads"), records=Lead, where="sort=-created_at", order=60),
    ]


def _forecast() -> Dataset:
    return Dataset(
        "forecasting",
        _l("Forecast"),
        Lead,
        forecast_facts,
        columns={
            "close": day(label=_lp("date", "Close")),
            "owner": belongs_to(Member, label=_l("Owner")),
            "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
            "territory": belongs_to(Territory, label=_l("Territory")),
            "stage": belongs_to(Stage, label=_l("Stage")),
            "source": text(label=_l("Source")),
            "value": money(label=_l("Value")),
            "weighted": money(label=_l("Weighted value")),
            "won": money(label=_l("Won")),
            "target": money(label=_l("Target")),
            "own_target": money(label=_l("Target of the person alone")),
        },
        measures=(
            Measure("weighted", _l("Forecast"), "sum", "weighted"),
            Measure("won", _l("Won"), "sum", "won"),
            Measure("open", _l("Open and won"), "sum", "value"),
            Measure("target", _l("Target"), "sum", "target"),
            Measure("own_target", _l("Target of the person alone"), "sum", "own_target"),
            Ratio("attained", _l("Won of target"), "won", "target"),
            Ratio("own_attained", _l("Won of the person's target"), "won", "own_target"),
            Ratio("covered", _l("Forecast of target"), "weighted", "target"),
        ),
        stems={"close": "expected_close", "owner": "assigned_to", "weighted": "value", "won": "value"},
        by="close.month",
        show="weighted won target attained",
        summary=_l(
            "Open leads by value times probability at their expected close, won ones whole, beside the targets."
        ),
    )


def forecast_facts(reach: Reach) -> Select[Any]:
    """Leads that are open or won, and the targets, one below the other."""
    is_won = Stage.kind == "won"
    share = func.round(cast(Lead.value_minor, Numeric) * Stage.probability / 100)  # type: ignore[attr-defined]
    leads = (
        select(
            Lead.id.label("record_id"),
            case((is_won, _day(Lead.won_at, reach)), else_=Lead.expected_close).label("close"),
            Lead.assigned_to_id.label("owner_id"),  # type: ignore[attr-defined]
            Lead.pipeline_id.label("pipeline_id"),
            Lead.territory_id.label("territory_id"),  # type: ignore[attr-defined]
            Lead.stage_id.label("stage_id"),
            Lead.source.label("source"),
            *_money(Lead, "value", "value"),
            case((is_won, Lead.value_minor), else_=cast(share, BigInteger)).label("weighted_minor"),  # type: ignore[attr-defined]
            Lead.value_currency.label("weighted_currency"),  # type: ignore[attr-defined]
            case((is_won, Lead.value_minor)).label("won_minor"),  # type: ignore[attr-defined]
            case((is_won, Lead.value_currency)).label("won_currency"),  # type: ignore[attr-defined]
            *_no_money("target"),
            *_no_money("own_target"),
        )
        .join(Stage, Stage.id == Lead.stage_id)
        .where(Stage.kind != "lost", *reach.conditions(Lead))
    )
    targets = target_facts(reach)
    both = union_all(leads, targets).subquery("forecast")
    return select(*both.c)


def target_facts(reach: Reach) -> Select[Any]:
    """Targets, each with what is left of it once those that it covers are taken off: so that they add up to a manager's
    own figure with everyone below, and a person's target never counts beside the one that covers it."""
    target, part = aliased(SalesTarget), _covered(reach)
    parts = select(func.sum(part.c.amount)).where(part.c.cover_id == target.id).scalar_subquery()
    left: Any = target.amount_minor - func.coalesce(parts, 0)  # type: ignore[attr-defined]
    is_own: Any = and_(target.owner_id.is_not(None), target.covers == "person")  # type: ignore[attr-defined]
    return select(
        cast(null(), Uuid).label("record_id"),
        target.starts_on.label("close"),
        target.owner_id.label("owner_id"),  # type: ignore[attr-defined]
        target.pipeline_id.label("pipeline_id"),  # type: ignore[attr-defined]
        target.territory_id.label("territory_id"),  # type: ignore[attr-defined]
        cast(null(), Uuid).label("stage_id"),
        cast(null(), String).label("source"),
        *_no_money("value"),
        *_no_money("weighted"),
        *_no_money("won"),
        cast(left, BigInteger).label("target_minor"),
        target.amount_currency.label("target_currency"),  # type: ignore[attr-defined]
        case((is_own, target.amount_minor)).label("own_target_minor"),  # type: ignore[attr-defined]
        case((is_own, target.amount_currency)).label("own_target_currency"),  # type: ignore[attr-defined]
    ).where(target.id.in_(_targets(reach)))


def _covered(reach: Reach) -> Any:
    """Each target that another one covers, with the nearest that does: of the person's own or a superior's with
    everyone below, or else of all together, for the same period, pipeline and currency."""
    mine, cover, line = aliased(SalesTarget), aliased(SalesTarget), reach.lineage(Member)
    m: Any = mine
    c: Any = cover
    is_above = and_(c.covers == "branch", c.owner_id == line.c.above)
    nearest = (
        select(m.id.label("id"), m.amount_minor.label("amount"), c.id.label("cover_id"))
        .select_from(mine)
        .join(line, line.c.below == m.owner_id)
        .join(cover, or_(is_above, c.owner_id.is_(None)))
        .where(m.id != c.id, m.period == c.period, m.starts_on == c.starts_on)
        .where(m.pipeline_id.is_not_distinct_from(c.pipeline_id), m.amount_currency == c.amount_currency)
        .where(m.territory_id.is_not_distinct_from(c.territory_id))
        .where(m.id.in_(_targets(reach)), c.id.in_(_targets(reach)))
        .ext(distinct_on(m.id))
        .order_by(m.id, c.owner_id.is_(None), line.c.depth.desc())
    )
    return nearest.subquery("covered")


def _targets(reach: Reach) -> Any:
    return select(SalesTarget.id).where(*reach.conditions(SalesTarget))


def _funnel() -> Dataset:
    return Dataset(
        "stages_reached",
        _l("Stages that leads reached"),
        Lead,
        funnel_facts,
        columns={
            "stage": belongs_to(Stage, label=_l("Stage")),
            "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
            "territory": belongs_to(Territory, label=_l("Territory")),
            "owner": belongs_to(Member, label=_l("Owner")),
            "source": text(label=_l("Source")),
            "created": moment(label=_l("Created")),
            "value": money(label=_l("Value")),
            "is_won": integer(label=_l("Won")),
        },
        measures=(
            Measure("reached", _l("Leads that came so far")),
            Measure("won_ones", _l("Won"), "sum", "is_won"),
            Ratio("won_rate", _l("Won of these"), "won_ones", "reached"),
        ),
        stems={"owner": "assigned_to", "created": "created_at", "is_won": "won_at"},
        within="pipeline",
        by="stage",
        show="reached won_rate",
        chart="funnel",
        summary=_l("A lead counts in every stage that it came to, also when it was lost after."),
    )


def funnel_facts(reach: Reach) -> Select[Any]:
    """A row for each lead and each stage of its pipeline that it has come to: those up to its own; of a lost one, up to
    the furthest that it left."""
    now = aliased(Stage)
    first = (
        select(func.min(now.position)).where(now.pipeline_id == Stage.pipeline_id, now.kind == "open").scalar_subquery()
    )
    current, left = aliased(Stage), aliased(Stage)
    furthest = (
        select(func.max(left.position))
        .select_from(StageChange)
        .join(left, left.id == StageChange.from_stage_id)  # type: ignore[attr-defined]
        .where(StageChange.lead_id == Lead.id, left.pipeline_id == Lead.pipeline_id, left.kind == "open")
        .correlate(Lead)
        .scalar_subquery()
    )
    came = Stage.position <= case((current.kind == "lost", furthest), else_=current.position)
    return (
        select(
            Lead.id.label("record_id"),
            Stage.id.label("stage_id"),
            Lead.pipeline_id.label("pipeline_id"),
            Lead.territory_id.label("territory_id"),  # type: ignore[attr-defined]
            Lead.assigned_to_id.label("owner_id"),  # type: ignore[attr-defined]
            Lead.source,
            Lead.created_at.label("created"),
            Lead.value_minor,  # type: ignore[attr-defined]
            Lead.value_currency,  # type: ignore[attr-defined]
            cast(current.kind == "won", Integer).label("is_won"),
        )
        .join(current, current.id == Lead.stage_id)
        .join(Stage, Stage.pipeline_id == Lead.pipeline_id)
        .where(Stage.kind != "lost", or_(came, Stage.position == first), *reach.conditions(Lead))
    )


def _closed() -> Dataset:
    return Dataset(
        "outcomes",
        _l("Won and lost leads"),
        Lead,
        closed_facts,
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
            "days": integer(label=_l("Days until closed")),
            "is_won": integer(label=_l("Won")),
            "is_lost": integer(label=_l("Lost")),
        },
        measures=(
            Measure("closed", _l("Closed leads")),
            Measure("won_ones", _l("Won"), "sum", "is_won"),
            Measure("lost_ones", _l("Lost"), "sum", "is_lost"),
            Measure("won_value", _l("Value won"), "sum", "won_value"),
            Ratio("rate", _l("Won of closed"), "won_ones", "closed"),
        ),
        stems={
            "owner": "assigned_to", "won_value": "value", "outcome": "stage", "is_won": "stage", "is_lost": "stage",
            "closed_at": "won_at", "days": "won_at",
        },
        by="closed_at.month outcome",
        show="closed",
        chart="stacked",
    )  # fmt: skip


def closed_facts(reach: Reach) -> Select[Any]:
    """Leads that are won or lost, with how long it took."""
    is_won = Stage.kind == "won"
    end = cast(case((is_won, Lead.won_at), else_=Lead.lost_at), DateTime(timezone=True))
    return (
        select(
            Lead.id.label("record_id"),
            Stage.kind.label("outcome"),
            end.label("closed_at"),
            Lead.assigned_to_id.label("owner_id"),  # type: ignore[attr-defined]
            Lead.pipeline_id.label("pipeline_id"),
            Lead.territory_id.label("territory_id"),  # type: ignore[attr-defined]
            Lead.source,
            case((~is_won, Lead.lost_reason_id)).label("lost_reason_id"),  # type: ignore[attr-defined]
            *_money(Lead, "value", "value"),
            case((is_won, Lead.value_minor)).label("won_value_minor"),  # type: ignore[attr-defined]
            case((is_won, Lead.value_currency)).label("won_value_currency"),  # type: ignore[attr-defined]
            (_day(end, reach) - _day(Lead.created_at, reach)).label("days"),
            cast(is_won, Integer).label("is_won"),
            cast(~is_won, Integer).label("is_lost"),
        )
        .join(Stage, Stage.id == Lead.stage_id)
        .where(Stage.kind != "open", *reach.conditions(Lead))
    )


def _day(column: Any, reach: Reach) -> Any:
    """The day of a moment on the reader's clock."""
    return cast(func.timezone(reach.zone, column), Date)


def _money(model: Any, field: str, name: str) -> tuple[Any, Any]:
    minor, currency = getattr(model, f"{field}_minor"), getattr(model, f"{field}_currency")
    return minor.label(f"{name}_minor"), currency.label(f"{name}_currency")


def _no_money(name: str) -> tuple[Any, Any]:
    return cast(null(), BigInteger).label(f"{name}_minor"), cast(null(), String).label(f"{name}_currency")
