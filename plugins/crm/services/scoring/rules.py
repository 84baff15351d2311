"""The tenant's scoring rules as they are asked: plain values, remembered until somebody changes a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.sdk import by_configuration, principal, session
from plugins.crm.models import ScoreRule
from plugins.crm.services.conditions import Condition, inputs

_RULE: Any = ScoreRule


@dataclass(frozen=True, slots=True)
class Rule:
    """An active rule: what it looks at, and what a lead gets for it."""

    id: UUID
    name: str
    points: int
    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, row: Any) -> Rule:
        return cls(row.id, row.name, row.points, tuple(Condition.of(one) for one in row.conditions))


@dataclass(frozen=True)
class Rules:
    """All of them, by name."""

    rules: tuple[Rule, ...]

    def conditions(self) -> Iterator[Condition]:
        for rule in self.rules:
            yield from rule.conditions

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The columns of a lead that any rule looks at."""
        return inputs(self.conditions())

    @cached_property
    def details(self) -> frozenset[str]:
        """The fields of contacts, companies and activities that any rule looks at."""
        return frozenset(one.field for one in self.conditions() if "." in one.field)

    @property
    def look_at_activities(self) -> bool:
        return any(name.startswith("activity.") for name in self.details)


def known() -> Rules:
    """The tenant's rules. Costs no statement in a request."""
    found: Rules = by_configuration(session(), principal(), "crm.score_rules", _load)
    return found


def _load(own: Any) -> Rules:
    wanted = select(ScoreRule).where(ScoreRule.is_active).options(selectinload(_RULE.conditions))
    rows = own.scalars(wanted.order_by(_RULE.name_sort, ScoreRule.id))
    return Rules(tuple(Rule.of(row) for row in rows if row.conditions))
