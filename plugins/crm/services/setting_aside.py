"""Stages and pipelines go into the archive once no open lead needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.sdk import ngettext, session, utcnow
from plugins.crm.models import Lead, Pipeline, Stage
from plugins.crm.services.open_leads import is_open

_LEAD: Any = Lead  # columns that come from `belongs_to`, which mypy cannot see


def archive_stages(rows: Sequence[Stage]) -> None:
    """Raises ValueError, with their number, while leads are in one of them."""
    for row in rows:
        _archive(row, _LEAD.stage_id == row.id)


def archive_pipelines(rows: Sequence[Pipeline]) -> None:
    """Raises ValueError, with their number, while leads on their way are in one of them."""
    for row in rows:
        _archive(row, _LEAD.pipeline_id == row.id)


def _archive(row: Any, there: ColumnElement[bool]) -> None:
    count = session.scalar(select(func.count()).select_from(Lead).where(there, *is_open())) or 0
    if count:
        raise ValueError(
            ngettext(
                "%(num)s open lead is in “%(name)s”: move, close or archive it first.",
                "%(num)s open leads are in “%(name)s”: move, close or archive them first.",
                count, name=row.name,
            )
        )  # fmt: skip
    row.archived_at = row.archived_at or utcnow()
