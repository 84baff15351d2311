"""The funnel: how far leads came, by stage, source and the time they were made."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Uuid, case, cast, func, null, or_, select
from sqlalchemy.orm import aliased

from app.sdk import Dataset, Measure, Member, Ratio, Reach, Report, _l, belongs_to, moment, money, text
from plugins.crm.models import Lead, Pipeline, Stage, StageChange, Territory
from plugins.crm.reports.columns import amount, of_lead

_LEAD: Any = Lead
_CHANGE: Any = StageChange


def dataset() -> Dataset:
    return Dataset(
        "stages_reached",
        _l("Stages that leads reached"),
        Lead,
        facts,
        columns={
            "stage": belongs_to(Stage, label=_l("Stage")),
            "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
            "territory": belongs_to(Territory, label=_l("Territory")),
            "owner": belongs_to(Member, label=_l("Owner")),
            "source": text(label=_l("Source")),
            "created": moment(label=_l("Created")),
            "value": money(label=_l("Value")),
            "lead": belongs_to(Lead, label=_l("Lead")),
            "won": belongs_to(Lead, label=_l("Won")),
        },
        measures=(
            Measure("reached", _l("Leads"), "distinct", "lead"),
            Measure("won_ones", _l("Won"), "distinct", "won"),
            Ratio("won_rate", _l("Won of these"), "won_ones", "reached"),
        ),
        stems={"owner": "assigned_to", "created": "created_at", "lead": "title", "won": "won_at"},
        within="pipeline",
        by="stage",
        show="reached won_rate",
        chart="funnel",
        summary=_l(
            "A lead counts in every stage that it came to, also when it was lost after; in all other groups once."
        ),
    )


def reports() -> list[Report]:
    found, last_year = "reached won_ones won_rate", "created.within=last_365_days"
    return [
        Report("funnel", _l("Funnel"), "stages_reached", by="stage", measures="reached won_rate", chart="funnel"),
        Report("funnel_by_source", _l("Funnel by source"), "stages_reached", by="source stage", measures="reached",
               chart="stacked"),
        Report("funnel_by_time", _l("Funnel by time"), "stages_reached", by="created.month stage", measures="reached",
               where=last_year, chart="line", summary=_l("Of the leads made in a month: how many came how far.")),
        Report("conversion_by_time", _l("Conversion by time"), "stages_reached", by="created.month", measures=found,
               where=last_year, chart="bar", summary=_l("Of the leads made in a month: how many were won until now.")),
        Report("conversion_by_stage", _l("Conversion by stage"), "stages_reached", by="stage", measures=found,
               order="-reached"),
    ]  # fmt: skip


def facts(reach: Reach) -> Select[Any]:
    """A row for each lead and each stage of its pipeline that it has come to: those up to its own; of a lost one, up to
    the furthest that it left."""
    now = aliased(Stage)
    first = (
        select(func.min(now.position)).where(now.pipeline_id == Stage.pipeline_id, now.kind == "open").scalar_subquery()  # type: ignore[attr-defined]
    )
    current, left = aliased(Stage), aliased(Stage)
    furthest = (
        select(func.max(left.position))
        .select_from(StageChange)
        .join(left, left.id == _CHANGE.from_stage_id)
        .where(StageChange.lead_id == Lead.id, left.pipeline_id == _LEAD.pipeline_id, left.kind == "open")  # type: ignore[attr-defined]
        .correlate(Lead)
        .scalar_subquery()
    )
    came = Stage.position <= case((current.kind == "lost", furthest), else_=current.position)
    return (
        select(
            Lead.id.label("record_id"),
            Stage.id.label("stage_id"),
            *of_lead(),
            Lead.created_at.label("created"),
            *amount(Lead, "value", "value"),
            Lead.id.label("lead_id"),
            case((current.kind == "won", Lead.id), else_=cast(null(), Uuid)).label("won_id"),
        )
        .join(current, current.id == _LEAD.stage_id)
        .join(Stage, Stage.pipeline_id == _LEAD.pipeline_id)  # type: ignore[attr-defined]
        .where(Stage.kind != "lost", or_(came, Stage.position == first), *reach.conditions(Lead))
    )
