"""The tenant's rules as they are asked: plain values, remembered until somebody changes a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.sdk import by_configuration, principal, session
from plugins.crm.models import Lead
from plugins.crm.models.assignment import AssignmentRule
from plugins.crm.services.conditions import Condition, failing

_RULE: Any = AssignmentRule


@dataclass(frozen=True, slots=True)
class Rule:
    """An active rule: its conditions, and whom it gives leads to: a team, a member, or the lead's territory."""

    id: UUID
    name: str
    team_id: UUID | None
    member_id: UUID | None
    is_territorial: bool
    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, row: Any) -> Rule:
        conditions = tuple(Condition.of(one) for one in row.conditions)
        return cls(row.id, row.name, row.team_id, row.member_id, row.is_territorial, conditions)

    def matches(self, lead: Lead) -> bool:
        return not failing(lead, self.conditions)


def active_rules() -> Sequence[Rule]:
    """The active rules in the order in which they are asked. Costs no statement in a request."""
    found: Sequence[Rule] = by_configuration(session(), principal(), "crm.assignment_rules", _load)
    return found


def _load(own: Any) -> Sequence[Rule]:
    wanted = select(AssignmentRule).where(AssignmentRule.is_active).options(selectinload(_RULE.conditions))
    return [Rule.of(row) for row in own.scalars(wanted.order_by(AssignmentRule.position, AssignmentRule.id))]
