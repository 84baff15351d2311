"""The figures of sales, one file for each kind. A dataset is a select of facts, a report a question that is ready to be
looked at; everything else (filters, groups, charts, drill-down, files) is the core's."""

from __future__ import annotations

from app.sdk import Card, Dataset, Report
from plugins.crm.reports import campaigns, forecast, funnel, outcomes, products, stage_times, work
from plugins.crm.reports import cards as _cards


def datasets() -> list[Dataset]:
    return [forecast.dataset(), funnel.dataset(), outcomes.dataset(), stage_times.dataset(), *products.datasets()]


def reports() -> list[Report]:
    return [
        *forecast.reports(), *funnel.reports(), *outcomes.reports(), *stage_times.reports(), *campaigns.reports(),
        *products.reports(), *work.reports(),
    ]  # fmt: skip


def cards() -> list[Card]:
    return [*_cards.cards(), *products.cards()]
