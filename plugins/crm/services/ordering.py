"""Putting stages and statuses into another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.sdk import session
from plugins.crm.models import Stage


def earlier(rows: Sequence[Any]) -> None:
    """One place towards the beginning."""
    _shift(rows[0], -1)


def later(rows: Sequence[Any]) -> None:
    """One place towards the end."""
    _shift(rows[0], 1)


def _shift(row: Any, step: int) -> None:
    """The row and those beside it (of a stage: the stages of its pipeline) get whole numbers in their new order."""
    model: Any = type(row)
    beside = select(model).order_by(model.position, model.id)
    if isinstance(row, Stage):
        beside = beside.where(model.pipeline_id == row.pipeline_id)  # type: ignore[attr-defined]
    ordered = list(session.scalars(beside.with_for_update()))
    at = ordered.index(row)
    to = max(0, min(len(ordered) - 1, at + step))
    ordered.insert(to, ordered.pop(at))
    for number, one in enumerate(ordered, 1):
        if one.position != number:
            one.position = number
