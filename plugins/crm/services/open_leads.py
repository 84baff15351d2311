"""Which leads are worked on, and which of them were left alone for too long."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, exists, func

from plugins.crm.models import Lead, Stage


def is_open() -> list[ColumnElement[bool]]:
    """What a lead must meet to be worked on: the condition of the indexes for it (`plugins.crm.models.leads`)."""
    return [Lead.won_at.is_(None), Lead.lost_at.is_(None), Lead.is_live(), Lead.archived_at.is_(None)]


def is_of_live_lead(model: Any) -> ColumnElement[bool]:
    """What is about a lead in the trash reminds nobody until the lead is back."""
    return exists().where(Lead.id == model.lead_id, Lead.is_live())


def is_closed(lead: Any) -> bool:
    """Is it won or lost?"""
    return lead.won_at is not None or lead.lost_at is not None


def is_stale(now: Any) -> list[ColumnElement[bool]]:
    """What an open lead, joined with its stage, must meet beside at a moment (or a parameter for one): longer without
    activity than its stage allows, and nobody plans to come back to it."""
    allowed = func.make_interval(0, 0, 0, cast(Stage.stale_days, Integer))
    return [Lead.stage_id == Stage.id, Lead.last_activity_at_sort < now - allowed, Lead.next_follow_up_at.is_(None)]
