"""How long leads stay in their stages: those that have left them, and those that are still there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Numeric, Select, cast, func, literal, select, union_all

from app.sdk import (
    Choice,
    Dataset,
    Measure,
    Member,
    Reach,
    Report,
    _l,
    belongs_to,
    choice,
    decimal,
    moment,
    text,
)
from plugins.crm.models import Lead, Pipeline, Stage, StageChange, Territory
from plugins.crm.reports.columns import of_lead
from plugins.crm.services.open_leads import is_open

_LEAD: Any = Lead
_CHANGE: Any = StageChange
_STAGE: Any = Stage
STAYS = (Choice("over", _l("Has left the stage"), "green"), Choice("now", _l("Is still there"), "blue"))


def dataset() -> Dataset:
    return Dataset(
        "stage_times",
        _l("Time in stages"),
        Lead,
        facts,
        columns={
            "stage": belongs_to(Stage, label=_l("Stage")),
            "stay": choice(*STAYS, label=_l("Left or still there")),
            "until": moment(label=_l("Until")),
            "owner": belongs_to(Member, label=_l("Owner")),
            "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
            "territory": belongs_to(Territory, label=_l("Territory")),
            "source": text(label=_l("Source")),
            "days": decimal(label=_l("Days in the stage")),
            "hours": decimal(label=_l("Hours in the stage")),
        },
        measures=(
            Measure("stays", _l("Stays in the stage")),
            Measure("average", _l("Days on average"), "avg", "days"),
            Measure("middle", _l("Days (median)"), "median", "days"),
            Measure("longest", _l("Days at most"), "max", "days"),
        ),
        stems={
            "owner": "assigned_to", "stay": "stage", "until": "stage_since", "days": "stage_since",
            "hours": "stage_since",
        },
        within="pipeline",
        by="stage",
        show="average middle longest stays",
        chart="bar",
        summary=_l("One stay for each time that a lead was in a stage. Leads that came back have several."),
    )  # fmt: skip


def reports() -> list[Report]:
    measures, over = "average middle longest stays", "stay.is=over&until.within=last_365_days"
    return [
        Report("time_in_stage", _l("Time in stage"), "stage_times", by="stage", measures=measures, where=over,
               chart="bar"),
        Report("time_in_stage_by_owner", _l("Time in stage by owner"), "stage_times", by="owner stage",
               measures="average", where=over, chart="bar"),
        Report("time_in_stage_by_time", _l("Time in stage by month"), "stage_times", by="until.month stage",
               measures="average", where=over, chart="line"),
        Report("waiting_in_stage", _l("How long open leads are in their stage"), "stage_times", by="stage",
               measures=measures, where="stay.is=now", chart="bar"),
    ]  # fmt: skip


def facts(reach: Reach) -> Select[Any]:
    """A row for each stay in a stage that is over, and one for the stage in which an open lead is now."""
    over = (
        select(
            Lead.id.label("record_id"), _CHANGE.from_stage_id.label("stage_id"), literal("over").label("stay"),
            StageChange.at.label("until"), *_of_lead_then(), *_lasted(StageChange.seconds),
        )
        .join(Lead, Lead.id == StageChange.lead_id)
        .outerjoin(Stage, Stage.id == _CHANGE.from_stage_id)
        .where(func.coalesce(Stage.kind, "open") == "open", *reach.conditions(Lead))
    )  # fmt: skip
    so_far = func.extract("epoch", func.now() - Lead.stage_since)
    now = select(
        Lead.id.label("record_id"), _LEAD.stage_id.label("stage_id"), literal("now").label("stay"),
        func.now().label("until"), *of_lead(), *_lasted(so_far),
    ).where(*is_open(), *reach.conditions(Lead))  # fmt: skip
    both = union_all(over, now).subquery("stays")
    return select(*both.c)


def _of_lead_then() -> tuple[Any, ...]:
    """A stay is of the pipeline that its stage is in; whose the lead was then is not known, so it is its owner's."""
    pipeline = func.coalesce(_STAGE.pipeline_id, _CHANGE.pipeline_id).label("pipeline_id")
    return tuple(pipeline if one.name == "pipeline_id" else one for one in of_lead())


def _lasted(seconds: Any) -> tuple[Any, Any]:
    exact = cast(seconds, Numeric)
    return (exact / 86_400).label("days"), (exact / 3_600).label("hours")
