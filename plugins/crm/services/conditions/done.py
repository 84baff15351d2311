"""What was done about leads lately: how often and when last, counted for several leads by one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.sdk import session, utcnow
from plugins.crm.models import Activity
from plugins.crm.models.conditions import USUAL_DAYS
from plugins.crm.services.conditions.condition import COUNTED, Condition

_ACTIVITY: Any = Activity
Count = tuple[str, int]
"""(kind of activity or all, days)."""


@dataclass(frozen=True, slots=True)
class Done:
    """Numbers of activities by lead, and when the last one was."""

    numbers: Mapping[tuple[UUID, Count], int] = field(default_factory=dict)
    moments: Mapping[UUID, datetime] = field(default_factory=dict)

    @classmethod
    def about(cls, leads: Sequence[Any], conditions: Iterable[Condition]) -> Done:
        """What conditions ask of these leads: one statement, and none where they ask for nothing."""
        asked = [one for one in conditions if one.field.startswith("activity.")]
        ids = [lead.id for lead in leads if lead.id is not None]
        if not asked or not ids:
            return NOTHING
        counts = sorted({(COUNTED[one.field], one.days) for one in asked if one.field in COUNTED})
        rows = session.execute(_counted(ids, counts)).all()
        numbers = {(row[0], count): number for row in rows for count, number in zip(counts, row[2:], strict=True)}
        return cls(numbers, {row[0]: row[1] for row in rows})

    def number(self, lead: UUID, kind: str, days: int = USUAL_DAYS) -> int:
        """How many there were."""
        return self.numbers.get((lead, (kind, days)), 0)

    def last(self, lead: UUID) -> datetime | None:
        """When the last one was."""
        return self.moments.get(lead)


NOTHING = Done()


def _counted(ids: Sequence[UUID], counts: Sequence[Count]) -> Any:
    now = utcnow()
    columns = []
    for kind, days in counts:
        recent = Activity.at >= now - timedelta(days=days)
        columns.append(func.count().filter(recent, Activity.kind == kind) if kind else func.count().filter(recent))
    mine = select(_ACTIVITY.lead_id, func.max(Activity.at), *columns)
    return mine.where(_ACTIVITY.lead_id.in_(ids), Activity.is_live()).group_by(_ACTIVITY.lead_id)
