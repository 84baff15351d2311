"""Columns that facts are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Date, String, cast, func, null

from app.sdk import Reach
from plugins.crm.models import Lead

_LEAD: Any = Lead


def on_day(column: Any, reach: Reach) -> Any:
    """The day of a moment on the reader's clock."""
    return cast(func.timezone(reach.zone, column), Date)


def amount(model: Any, field: str, name: str) -> tuple[Any, Any]:
    minor, currency = getattr(model, f"{field}_minor"), getattr(model, f"{field}_currency")
    return minor.label(f"{name}_minor"), currency.label(f"{name}_currency")


def no_amount(name: str) -> tuple[Any, Any]:
    return cast(null(), BigInteger).label(f"{name}_minor"), cast(null(), String).label(f"{name}_currency")


def of_lead() -> tuple[Any, ...]:
    """By whom, where and from where: what every fact of a lead is grouped by."""
    return (
        _LEAD.assigned_to_id.label("owner_id"),
        _LEAD.pipeline_id.label("pipeline_id"),
        _LEAD.territory_id.label("territory_id"),
        Lead.source.label("source"),
    )
