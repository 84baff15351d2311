"""What targets add up to, by whatever they are grouped: exactly what each says, and nothing twice."""

from __future__ import annotations

from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.crm.services.target_parts import MONTHS, Said, parts_of, spread
from plugins.crm.services.target_scopes import Scope, Trees, Whose

BOSS, ANN, BOB, CAROL = (UUID(int=at) for at in range(1, 5))
SALES, PARTNERS = UUID(int=11), UUID(int=12)
WORLD, GULF, DACH = (UUID(int=at) for at in range(21, 24))
TREES = Trees(
    {BOSS: (BOSS,), ANN: (ANN, BOSS), BOB: (BOB, ANN, BOSS), CAROL: (CAROL, BOSS)},
    {WORLD: (WORLD,), GULF: (GULF, WORLD), DACH: (DACH, WORLD)},
)
YEAR = 2026 * 12
WHOSE = [None, *(Whose(one, below) for one in (BOSS, ANN, BOB, CAROL) for below in (False, True))]
SCOPES = st.builds(
    Scope, st.sampled_from(WHOSE), st.sampled_from([None, SALES, PARTNERS]), st.sampled_from([None, WORLD, GULF, DACH])
)
SAID = st.builds(Said, SCOPES, st.sampled_from(sorted(MONTHS)), st.integers(YEAR, YEAR + 23), st.integers(0, 1_000_000))
TARGETS = st.lists(SAID, max_size=12, unique_by=lambda one: (one.scope, one.period, first(one)))


def first(target):
    return target.month // MONTHS[target.period] * MONTHS[target.period]


def months(target):
    return range(first(target), first(target) + MONTHS[target.period])


def inside(scope, other):
    return other in set(TREES.covers(scope))


def total(parts, scope=None, among=None):
    return sum(
        one.amount
        for one in parts
        if (scope is None or inside(one.scope, scope)) and (among is None or one.month in among)
    )


def is_said_otherwise(target, targets):
    """Whether shorter periods of the same say all of its months, or use up all that it says."""
    same = [one for one in targets if one.scope == target.scope and MONTHS[one.period] < MONTHS[target.period]]
    within = [one for one in same if first(one) in months(target)]
    shorter = {month for one in within for month in months(one)}
    return len(shorter) == MONTHS[target.period] or sum(one.amount for one in within) >= target.amount > 0 or (
        bool(within) and not target.amount
    )  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(TARGETS)
def test_all_that_lies_inside_a_target_is_what_it_says(targets):
    """By owner, branch, pipeline, territory, month, quarter, year, and whatever of these together."""
    parts = list(parts_of(targets, TREES))
    for target in targets:
        if not is_said_otherwise(target, targets):
            assert total(parts, target.scope, months(target)) == target.amount, target


@settings(max_examples=300, deadline=None)
@given(st.lists(st.builds(Said, SCOPES, st.just("month"), st.just(YEAR), st.integers(1, 1_000)), max_size=8,
                unique_by=lambda one: one.scope))  # fmt: skip
def test_nothing_is_counted_twice_where_targets_cross(targets):
    """Without anybody having said the whole, it is what some of them make that are apart, and no less than any way of
    splitting promises."""
    parts = list(parts_of(targets, TREES))
    whole = total(parts)
    if any(one.scope == Scope() for one in targets):
        return
    tops = [one for one in targets if not any(inside(one.scope, other.scope) for other in targets if other != one)]
    if all(TREES.shared(one.scope, other.scope) is None for one, other in combinations(tops, 2)):
        assert whole == sum(one.amount for one in tops)
    assert whole <= sum(one.amount for one in tops) or any(part.amount < 0 for part in parts)
    for dimension in range(3):
        others = [at for at in range(3) if at != dimension]
        way = [one for one in tops if all(one.scope[at] is None for at in others) and one.scope[dimension]]
        assert whole >= sum(one.amount for one in way)


@pytest.mark.parametrize("amount", [0, 1, 11, 1200, -7, 1_000_003])
def test_money_is_spread_to_the_last_unit_with_the_rest_in_the_last_month(amount):
    shares = spread(amount, 12)
    assert sum(shares) == amount
    assert len(set(shares[:-1])) == 1


def say(amount, *, whose=None, pipeline=None, territory=None, period="month", month=YEAR):
    return Said(Scope(whose, pipeline, territory), period, month, amount)


def added(targets, what=lambda part: None):
    found = {}
    for part in parts_of(targets, TREES):
        found[what(part)] = found.get(what(part), 0) + part.amount
    return found


def owner(part):
    return part.scope.whose and part.scope.whose.person


def test_a_target_for_all_holds_those_of_people_pipelines_and_territories():
    """The same money said four times over is there once."""
    targets = [
        say(600), say(200, whose=Whose(ANN)), say(400, whose=Whose(CAROL)), say(600, pipeline=SALES),
        say(100, territory=GULF),
    ]  # fmt: skip
    assert added(targets) == {None: 600}
    assert added(targets, owner) == {ANN: 200, CAROL: 400, None: 0}
    assert added(targets, lambda part: part.scope.pipeline) == {SALES: 600, None: 0}
    assert added(targets, lambda part: part.scope.territory) == {GULF: 100, None: 500}


def test_what_people_and_a_pipeline_shall_win_is_not_added_where_nobody_said_the_whole():
    people = [say(200, whose=Whose(ANN)), say(400, whose=Whose(CAROL))]
    assert added([*people, say(600, pipeline=SALES)]) == {None: 600}
    assert added([*people, say(500, pipeline=SALES)]) == {None: 600}
    assert added([*people, say(700, pipeline=SALES)], owner) == {ANN: 200, CAROL: 400, None: 100}
    # Once it is said how much of the pipeline is whose, all is known.
    known = [say(150, whose=Whose(ANN), pipeline=SALES), say(50, whose=Whose(CAROL), pipeline=SALES)]
    assert added([*people, say(300, pipeline=SALES), *known]) == {None: 600 + 300 - 200}


def test_a_year_and_a_quarter_are_spread_over_the_months_of_which_nothing_was_said():
    targets = [say(1_200, period="year"), say(200), say(400, period="quarter", month=YEAR + 3)]
    by_month = added(targets, lambda part: part.month - YEAR)
    assert by_month == {0: 200, 1: 75, 2: 75, 3: 133, 4: 133, 5: 134, **dict.fromkeys(range(6, 12), 75)}


def test_a_year_follows_what_people_were_given_in_its_months():
    """A season that somebody planned stays a season of the whole: what is left is spread evenly on top of it."""
    months = [say(100, whose=Whose(ANN)), say(20, whose=Whose(ANN), month=YEAR + 1)]
    by_month = added([say(240, period="year"), *months], lambda part: part.month - YEAR)
    assert by_month == {0: 110, 1: 30, **dict.fromkeys(range(2, 12), 10)}


def test_parts_that_promise_more_than_the_whole():
    """Between people the whole holds, and what was promised beyond it is less than nothing on its line; between periods
    of the same target the months hold."""
    beyond = [say(100, whose=Whose(ANN, True)), say(60, whose=Whose(ANN)), say(60, whose=Whose(BOB))]
    assert added(beyond) == {None: 100}
    assert added(beyond, lambda part: part.scope.whose) == {Whose(ANN): 60, Whose(BOB): 60, Whose(ANN, True): -20}
    used_up = [say(100, period="quarter"), say(70), say(60, month=YEAR + 1)]
    assert added(used_up, lambda part: part.month - YEAR) == {0: 70, 1: 60}


def test_a_year_of_a_person_and_a_quarter_of_all_are_not_added():
    targets = [say(1_200, whose=Whose(ANN), period="year"), say(300, period="quarter")]
    assert added(targets) == {None: 1_200}
    assert added([*targets, say(4_000, period="year")]) == {None: 4_000}
