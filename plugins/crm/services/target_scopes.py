"""What a target is for: whose, in which pipeline, in which territory; and which targets lie inside which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID


class Whose(NamedTuple):
    """A person alone, or with everyone below."""

    person: UUID
    with_those_below: bool = False


class Scope(NamedTuple):
    """None is for all together."""

    whose: Whose | None = None
    pipeline: UUID | None = None
    territory: UUID | None = None


@dataclass(frozen=True)
class Trees:
    """Each member, and each territory, with those above: itself first, the top last."""

    members: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)
    territories: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)

    def covers(self, scope: Scope) -> Iterator[Scope]:
        """The scope itself and all that it lies inside, said or not."""
        ways = self._whose(scope.whose), _or_all([scope.pipeline]), self._territories(scope.territory)
        return (Scope(*one) for one in product(*ways))

    def shared(self, one: Scope, other: Scope) -> Scope | None:
        """What is for both; None where they are apart."""
        pairs = (
            (one.whose, other.whose, self._whose(one.whose), self._whose(other.whose)),
            (one.pipeline, other.pipeline, _or_all([one.pipeline]), _or_all([other.pipeline])),
            (one.territory, other.territory, self._territories(one.territory), self._territories(other.territory)),
        )
        if not all(a in above_b or b in above_a for a, b, above_a, above_b in pairs):
            return None
        narrow: list[Any] = [a if b in above_a else b for a, b, above_a, _above_b in pairs]
        return Scope(*narrow)

    def width(self, scope: Scope) -> int:
        """Less for what lies inside another one."""
        places = len(self._whose(scope.whose)), 2 if scope.pipeline else 1, len(self._territories(scope.territory))
        return -sum(places)

    def _whose(self, whose: Whose | None) -> list[Whose | None]:
        if whose is None:
            return [None]
        above = [Whose(one, True) for one in self.members.get(whose.person, (whose.person,))]
        return _or_all(above if whose.with_those_below else [whose, *above])

    def _territories(self, territory: UUID | None) -> list[UUID | None]:
        return _or_all([] if territory is None else self.territories.get(territory, (territory,)))


def _or_all(narrow: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys([*narrow, None]))
