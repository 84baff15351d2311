"""What every target adds to the whole, month by month, so that nothing is counted twice whatever it is grouped by.

Targets may hold each other: a year its months, all together each person, a manager everyone below. So what one adds is
what it says less what is said inside it; added up, all that lies inside a target is exactly what it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from plugins.crm.services.target_scopes import Scope, Trees

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""How many months a period has, the shortest first."""
Amounts = dict[int, int]
"""By month, counted from the year 0: minor units."""


class Said(NamedTuple):
    """A target: `month` is any month of its period."""

    scope: Scope
    period: str
    month: int
    amount: int


class Part(NamedTuple):
    """What a scope adds to a month. Below zero where those inside it were promised more than it says itself."""

    scope: Scope
    month: int
    amount: int


def parts_of(targets: Iterable[Said], trees: Trees) -> Iterator[Part]:
    """The parts of targets of one currency; those of nothing are left out."""
    said: dict[Scope, list[Said]] = defaultdict(list)
    for one in targets:
        said[one.scope].append(one)
    narrower = _narrower(said, trees)
    own: dict[Scope, Amounts] = {}
    for scope in sorted(narrower, key=trees.width):
        inside = _added_up(own[one] for one in narrower[scope])
        is_said = scope in said
        holds = _by_month(said[scope], inside) if is_said else _crossed(narrower[scope], own, inside, trees)
        own[scope] = {month: amount - inside.get(month, 0) for month, amount in holds.items()}
    return (Part(scope, month, part) for scope, found in own.items() for month, part in found.items() if part)


def _narrower(said: Iterable[Scope], trees: Trees) -> dict[Scope, list[Scope]]:
    """What lies inside each target; and inside each place where targets cross of which nobody said the whole."""
    found: dict[Scope, list[Scope]] = {scope: [] for scope in said}
    unsaid: dict[Scope, list[Scope]] = defaultdict(list)
    for scope in list(found):
        for cover in trees.covers(scope):
            if cover != scope:
                (found[cover] if cover in found else unsaid[cover]).append(scope)
    crossed = {cover: inside for cover, inside in unsaid.items() if len({one[1:] for one in inside}) > 1}
    for scope in crossed:
        for cover in trees.covers(scope):
            if cover != scope and (cover in found or cover in crossed):
                (found[cover] if cover in found else crossed[cover]).append(scope)
    return found | crossed


def _added_up(all_amounts: Iterable[Amounts]) -> Amounts:
    found: Amounts = defaultdict(int)
    for amounts in all_amounts:
        for month, amount in amounts.items():
            found[month] += amount
    return found


def _by_month(targets: Iterable[Said], inside: Mapping[int, int]) -> Amounts:
    """What one scope says of each month. A shorter period holds; a longer one gives what is left of it evenly to those
    of its months of which nothing was said, and nothing once it is used up."""
    found: Amounts = {}
    for one in sorted(targets, key=lambda one: MONTHS[one.period]):
        length = MONTHS[one.period]
        months = range(one.month // length * length, one.month // length * length + length)
        free = [month for month in months if month not in found]
        left = one.amount - sum(found[month] for month in months if month in found)
        if not free or (left <= 0 and len(free) < length):
            continue
        more = spread(left - sum(inside.get(month, 0) for month in free), len(free))
        found |= {month: inside.get(month, 0) + share for month, share in zip(free, more, strict=True)}
    return found


def spread(amount: int, places: int) -> list[int]:
    """Evenly, to the last minor unit: what does not divide is in the last place."""
    share = abs(amount) // places * (1 if amount > 0 else -1)
    return [share] * (places - 1) + [amount - share * (places - 1)]


# Targets that cross ---------------------------------------------------------------------------------------------------


def _crossed(inner: Iterable[Scope], own: Mapping[Scope, Amounts], inside: Amounts, trees: Trees) -> Amounts:
    """A person's target and a pipeline's may be partly the same money. Where nobody said what both make together, it is
    the most that is promised without counting anything twice; nothing for months in which none cross."""
    found: Amounts = {}
    for month, added in inside.items():
        values = {one: own[one][month] for one in inner if month in own.get(one, ())}
        most = _most(values, trees)
        if most != added:
            found[month] = most
    return found


def _most(values: Mapping[Scope, int], trees: Trees) -> int:
    """Begins with each way of splitting in turn (by person, by pipeline, ...) and adds of the others what is apart."""
    covers = {one: set(trees.covers(one)) for one in values}
    outer = [one for one in values if not any(other in covers[one] for other in values if other != one)]
    if len({one[1:] for one in outer}) < 2:
        return sum(values.values())
    amounts = {one: sum(value for inner, value in values.items() if one in covers[inner]) for one in outer}
    ways = {_way(one) for one in outer}
    sets = [_apart(amounts, way, said, trees) for way in ways for said in (values, ())]
    return max(sum(value for one, value in values.items() if covers[one] & taken) for taken in sets)


def _way(scope: Scope) -> tuple[bool, ...]:
    return tuple(one is not None for one in scope)


def _apart(amounts: Mapping[Scope, int], first: tuple[bool, ...], said: Container[Scope], trees: Trees) -> set[Scope]:
    """Of these none are for the same, or it is said how much of it is for both."""
    taken: set[Scope] = set()
    for scope in sorted(amounts, key=lambda one: (_way(one) != first, -amounts[one], str(one))):
        shared = (trees.shared(scope, other) for other in taken)
        if all(one is None or one in said for one in shared):
            taken.add(scope)
    return taken
