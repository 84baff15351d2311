"""What leads know to tell on their timeline: every step from stage to stage, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import format_timedelta

from app.sdk import Timeline, _, _l, timeline_rows
from plugins.crm.models import Lead, StageChange


def timelines() -> list[Timeline]:
    better = ("crm.lead_stage_changed", "crm.lead_won", "crm.lead_lost", "crm.lead_updated")
    return [
        Timeline("crm.stages", _l("Stages"), StageChange, _changes, _words, "stairs", body=_reason, events=better),
    ]


def _changes(record: Any) -> Any:
    if not isinstance(record, Lead):
        return None
    rows = timeline_rows(
        StageChange, StageChange.at, before=StageChange.from_name, after=StageChange.to_name,
        seconds=StageChange.seconds, reason=StageChange.reason,
    )  # fmt: skip
    return rows.where(StageChange.lead_id == record.id)


def _words(facts: Mapping[str, Any]) -> str:
    spent = format_timedelta(timedelta(seconds=facts["seconds"]), granularity="minute")
    return _(
        "From “%(before)s” to “%(after)s”, after %(time)s", before=facts["before"], after=facts["after"], time=spent
    )


def _reason(facts: Mapping[str, Any]) -> str:
    return facts["reason"] or ""
