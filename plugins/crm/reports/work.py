"""What there is to do and what was done: open leads, new ones, activities."""

from __future__ import annotations

from app.sdk import Report, _l
from plugins.crm.models import Activity, Lead

_OPEN = "won_at.empty=true&lost_at.empty=true"


def reports() -> list[Report]:
    return [
        Report("open_by_stage", _l("Open leads by stage"), Lead, by="stage", measures="count sum.value", where=_OPEN),
        Report("open_by_status", _l("Open leads by status"), Lead, by="status", measures="count sum.value",
               where=_OPEN, chart="donut"),
        Report("new_by_source", _l("New leads by source"), Lead, by="created_at.month source", chart="stacked",
               where="created_at.within=last_365_days"),
        Report("activities_by_person", _l("Activities by person"), Activity, by="done_by kind", chart="stacked",
               where="at.within=this_month"),
        Report("activities_by_week", _l("Activities by week"), Activity, by="at.week kind", chart="stacked",
               where="at.within=last_90_days"),
        Report("calls_by_result", _l("Calls by result"), Activity, by="result",
               measures="count sum.minutes avg.minutes", where="kind.is=call&at.within=last_30_days"),
        Report("new", _l("New leads"), Lead, measures="count"),
        Report("open", _l("Open leads"), Lead, measures="sum.value count", where=_OPEN),
    ]  # fmt: skip
