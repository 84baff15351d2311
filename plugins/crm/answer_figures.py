"""The figures of answers: how many came in time, and how long customers waited, by owner, source and time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, Select, case, cast, func, literal, null, select, union_all

from app.sdk import Card, Dataset, Measure, Member, Ratio, Reach, Report, _l, belongs_to, choice, integer, moment, text
from plugins.crm.models import Lead, LeadAnswer, Pipeline, ResponseTarget
from plugins.crm.models.answers import ROUNDS
from plugins.crm.services.open_leads import is_open

_LEAD: Any = Lead
_ANSWER: Any = LeadAnswer


def datasets() -> list[Dataset]:
    return [
        Dataset(
            "answers",
            _l("Responses"),
            Lead,
            facts,
            columns={
                "round": choice(*ROUNDS, label=_l("Response")),
                "owner": belongs_to(Member, label=_l("Owner")),
                "source": text(label=_l("Source")),
                "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
                "target": belongs_to(ResponseTarget, label=_l("Response target")),
                "asked_at": moment(label=_l("Waiting since")),
                "minutes": integer(label=_l("Working minutes until the answer")),
                "is_in_time": integer(label=_l("In time")),
                "is_late": integer(label=_l("Late")),
            },
            measures=(
                Measure("due", _l("Answers due")),
                Measure("in_time", _l("In time"), "sum", "is_in_time"),
                Measure("late", _l("Late"), "sum", "is_late"),
                Ratio("rate", _l("In time of all"), "in_time", "due"),
            ),
            stems={
                "owner": "assigned_to", "round": "response_state", "target": "response_target",
                "asked_at": "waiting_since", "minutes": "first_responded_at", "is_in_time": "response_state",
                "is_late": "response_state",
            },
            by="owner",
            show="rate due late avg.minutes",
            summary=_l("Answers that were given, and those that are late and not given yet."),
        )
    ]  # fmt: skip


def reports() -> list[Report]:
    measures = "rate due late avg.minutes"
    return [
        Report("answers_by_owner", _l("Answers in time by owner"), "answers", by="owner", measures=measures,
               where="asked_at.within=last_90_days"),
        Report("answers_by_source", _l("Answers in time by source"), "answers", by="source", measures=measures,
               where="asked_at.within=last_90_days&round.is=first"),
        Report("answers_by_week", _l("Answers in time by week"), "answers", by="asked_at.week", measures=measures,
               where="asked_at.within=last_90_days"),
        Report("answered_in_time", _l("Answered in time"), "answers", measures="rate due"),
    ]  # fmt: skip


def cards() -> list[Card]:
    return [
        Card("answered_in_time", _l("Answered in time"), report="answered_in_time", show="number",
             period="asked_at.this_month", size="small", order=26, usual=False),
        Card("answers_by_owner", _l("Answers in time by owner"), report="answers_by_owner", order=57, usual=False),
    ]  # fmt: skip


def facts(reach: Reach) -> Select[Any]:
    """A row for each answer that was given, and one for each that is late and was not."""
    given = (
        select(
            Lead.id.label("record_id"), LeadAnswer.round.label("round"), _ANSWER.member_id.label("owner_id"),
            *_of_lead(), _ANSWER.target_id.label("target_id"), LeadAnswer.asked_at.label("asked_at"),
            LeadAnswer.minutes.label("minutes"), *_verdict(LeadAnswer.in_time),
        )
        .join(Lead, Lead.id == LeadAnswer.lead_id)
        .where(*reach.conditions(Lead))
    )  # fmt: skip
    number = case((Lead.first_responded_at.is_(None), "first"), else_="again")
    late = select(
        Lead.id.label("record_id"), number.label("round"), _LEAD.assigned_to_id.label("owner_id"), *_of_lead(),
        _LEAD.response_target_id.label("target_id"), Lead.waiting_since.label("asked_at"),
        cast(null(), BigInteger).label("minutes"), *_verdict(literal(False, Boolean)),
    ).where(Lead.respond_by < func.now(), *is_open(), *reach.conditions(Lead))  # fmt: skip
    both = union_all(given, late).subquery("answers")
    return select(*both.c)


def _of_lead() -> tuple[Any, Any]:
    return Lead.source.label("source"), _LEAD.pipeline_id.label("pipeline_id")


def _verdict(in_time: Any) -> tuple[Any, Any]:
    return cast(in_time, Integer).label("is_in_time"), cast(~in_time, Integer).label("is_late")
