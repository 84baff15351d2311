"""Cards for the start page."""

from __future__ import annotations

from app.sdk import Card, _l
from plugins.crm.models import Lead


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
