"""Leads that were merged are apart again, with lines that were written meanwhile: each is worth what its own are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.sdk import Handler, session
from plugins.crm.models import Lead
from plugins.crm.services.amounts import follow_lines


def handlers() -> list[Handler]:
    return [Handler("merging.merge_undone", parted, "lines_after_undo")]


def parted(happened: Any, told: Any) -> None:
    """The handler: a merge of leads was taken back."""
    if happened.resource != "crm.lead":
        return
    ids = [happened.survivor_id, *happened.merged_ids]
    leads = session.scalars(select(Lead).where(Lead.id.in_(ids)).order_by(Lead.id).with_for_update()).all()
    with session.no_autoflush:  # a flush would forget what the lead was worth
        for lead in leads:
            follow_lines(lead, False)
