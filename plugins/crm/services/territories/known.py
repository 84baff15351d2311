"""The tenant's territories as they are asked: plain values, remembered until somebody changes one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.sdk import Member, by_configuration, principal, session
from plugins.crm.models.territories import Territory, TerritoryMember, TerritoryRule
from plugins.crm.services.conditions import Condition, inputs

_MEMBER: Any = TerritoryMember  # columns that come from `belongs_to`, which mypy cannot see
_RULE: Any = TerritoryRule


@dataclass(frozen=True, slots=True)
class Node:
    """A territory: what it is part of, who works there, and whether they reach its leads."""

    id: UUID
    name: str
    above: UUID | None
    position: int
    manager: UUID | None
    members: tuple[UUID, ...]
    shares: bool
    is_archived: bool

    def opens_to(self, member: UUID) -> bool:
        """Whether somebody reaches its leads by being here."""
        return member == self.manager or (self.shares and member in self.members)


@dataclass(frozen=True, slots=True)
class Rule:
    """An active rule and the territory that it is of."""

    id: UUID
    name: str
    territory_id: UUID
    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, row: Any) -> Rule:
        return cls(row.id, row.name, row.territory_id, tuple(Condition.of(one) for one in row.conditions))


@dataclass(frozen=True)
class Territories:
    """All of them, those in the archive too. `rules` are those of territories at work, the most specific first."""

    nodes: Mapping[UUID, Node]
    rules: Sequence[Rule]
    _reached: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)

    def way(self, key: UUID | None) -> list[Node]:
        """The territory and those that it is part of, itself first."""
        found: list[Node] = []
        while key is not None and key in self.nodes and self.nodes[key] not in found:
            found.append(self.nodes[key])
            key = self.nodes[key].above
        return found

    def without(self, key: UUID) -> Territories:
        """The same without the rules of one of them."""
        return Territories(self.nodes, [rule for rule in self.rules if rule.territory_id != key])

    def path(self, key: UUID | None) -> str:
        """“EMEA > DACH > Bavaria”; empty for none."""
        return " > ".join(one.name for one in reversed(self.way(key)))

    def reached(self, member: UUID | None) -> tuple[UUID, ...]:
        """The territories whose leads a member reaches: those that open to them, and all below."""
        if member is None:
            return ()
        if member not in self._reached:
            ways = ((key, self.way(key)) for key in self.nodes)
            self._reached[member] = tuple(sorted(key for key, way in ways if any(one.opens_to(member) for one in way)))
        return self._reached[member]

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The columns of a lead that any rule looks at."""
        return inputs(condition for rule in self.rules for condition in rule.conditions)

    @cached_property
    def details(self) -> frozenset[str]:
        """The fields of contacts (`contact.locale`, `address.city`) and companies that any rule looks at."""
        return frozenset(condition.field for rule in self.rules for condition in rule.conditions)


def known() -> Territories:
    """The tenant's territories and their rules. Costs no statement in a request."""
    found: Territories = by_configuration(session(), principal(), "crm.territories", _load)
    return found


def _load(own: Any) -> Territories:
    members: dict[UUID, list[UUID]] = {}
    present = select(_MEMBER.territory_id, _MEMBER.member_id).join(Member, Member.id == _MEMBER.member_id)
    for territory, member in own.execute(present.where(Member.is_active).order_by(_MEMBER.member_id)):
        members.setdefault(territory, []).append(member)
    nodes = {row.id: _node(row, members.get(row.id, ())) for row in own.scalars(select(Territory))}
    rows = own.scalars(select(TerritoryRule).where(TerritoryRule.is_active).options(selectinload(_RULE.conditions)))
    unsorted = Territories(nodes, ())
    return Territories(nodes, sorted(_at_work(unsorted, rows), key=lambda rule: _rank(unsorted, rule)))


def _node(row: Any, members: Iterable[UUID]) -> Node:
    return Node(
        row.id, row.name, row.part_of_id, row.position, row.manager_id, tuple(members), row.shares_leads,
        row.archived_at is not None,
    )  # fmt: skip


def _at_work(territories: Territories, rows: Iterable[Any]) -> Iterator[Rule]:
    """Rules that can be met: of territories that are not in the archive, nor below one that is."""
    for row in rows:
        if not any(one.is_archived for one in territories.way(row.territory_id)) and row.conditions:
            yield Rule.of(row)


def _rank(territories: Territories, rule: Rule) -> tuple[Any, ...]:
    """The deepest first, then in the tenant's order."""
    way = territories.way(rule.territory_id)
    return -len(way), [(one.position, one.name.casefold()) for one in reversed(way)], rule.id
