"""The one statement of a report: rows to groups, the greatest groups by themselves, the rest together, all totals.

    row      the keys, currencies and values of each fact
    fact     rows that agree in all keys, added up (or the rows themselves, where different values are counted)
    rolled   facts once more for each record above the one they are of, where a dimension is asked for with those below
    top      the keys of the greatest groups of a dimension that may have many
    bucket   facts under those keys, or under “others”
    ...      GROUPING SETS over the buckets: cells, totals of rows and columns, the grand total, each also by currency

So a table is read once, and every total is exact, whatever is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
    union_all,
)  # fmt: skip

from app.data import Field
from app.reports.asking import SERIES, ReportRequest, all_parts, rank_figure
from app.reports.dimensions import Dimension, grouping
from app.reports.measures import Figure, Quotient, value
from app.reports.source import Facts
from app.screens.kinds import reader
from app.screens.reading import Surface
from app.screens.reading.branches import lineage
from app.screens.reading.stored import currency_of

MOST_ROWS = 20_000
_TOLD_ONE_BY_ONE = ("distinct", "median")
"""What cannot be computed from groups that were added up."""
_HALF = literal(Decimal("0.5"), Numeric())


@dataclass(frozen=True)
class Layout:
    """Where everything stands in a row of the result."""

    dimensions: tuple[Dimension, ...]
    figures: tuple[Figure, ...]
    currencies: tuple[str, ...]
    """Names of the money fields that are measured: each amount is told by its currency."""
    limits: tuple[int, ...] = field(default=())

    def measured(self, name: str) -> Field:
        """The field of this name that is measured."""
        return next(one.field for one in self.figures if one.field is not None and one.field.name == name)

    @property
    def is_additive(self) -> bool:
        """Can groups be added up to larger ones? Different values cannot, nor those in the middle."""
        return all(figure.how not in _TOLD_ONE_BY_ONE for figure in self.figures)


def layout_of(request: ReportRequest) -> Layout:
    """What the statement of this request yields."""
    parts = tuple(one for one in all_parts(request) if isinstance(one, Figure))
    currencies = dict.fromkeys(one.field.name for one in parts if one.is_money and one.field is not None)
    return Layout(request.by, parts, tuple(currencies), (request.top, SERIES)[: len(request.by)])


def build(request: ReportRequest, layout: Layout, facts: Facts) -> Any:
    """The statement. What is in several groups of a dimension counts in each of them, and in every total that is not by
    that dimension once: so each choice of such dimensions is a branch of its own."""
    everything = tuple(range(len(layout.dimensions)))
    many = frozenset(at for at in everything if layout.dimensions[at].is_many)
    branches: dict[frozenset[int], _Branch] = {}
    plain = _Rows(request, layout, facts, tuple(at for at in everything if not _is_tagged(layout, at)), "a")
    tagged = _Rows(request, layout, facts, everything, "b")
    for split in map(frozenset, _subsets(sorted(many))):
        source = tagged if any(_is_tagged(layout, at) for at in split) else plain
        places = tuple(at for at in everything if at in split or at not in many)
        branches[split] = _Branch(source, places, branches)
    parts = [
        one.statement([places for places in _subsets(everything) if many & set(places) == split])
        for split, one in branches.items()
    ]
    return (union_all(*parts) if len(parts) > 1 else parts[0]).limit(MOST_ROWS + 1)


def _is_tagged(layout: Layout, at: int) -> bool:
    return layout.dimensions[at].field.kind == "tags"


def _subsets(places: Sequence[int]) -> list[tuple[int, ...]]:
    return [one for size in range(len(places) + 1) for one in combinations(places, size)]


class _Rows:
    """The rows that are counted, by their own keys; `name` tells this part of the statement from others like it."""

    def __init__(
        self, request: ReportRequest, layout: Layout, facts: Facts, places: tuple[int, ...], name: str
    ) -> None:
        self.request, self.layout, self.facts, self.places, self.name = request, layout, facts, places, name

    def _rows(self) -> Any:
        """Each fact with its keys, currencies and values."""
        selected: list[Any] = []
        source: Any = None
        for at in self.places:
            dimension = self.layout.dimensions[at]
            made = grouping(dimension, self.facts.columns)
            key: Any = made.key
            if dimension.field.kind == "tags":
                tags = func.unnest(key).table_valued("tag", name=f"tags_{self.name}").render_derived()
                source, key = tags, tags.c.tag
            selected += [key.label(f"k{at}"), (null() if made.label is None else made.label).label(f"l{at}")]
        for place, name in enumerate(self.layout.currencies):
            selected.append(currency_of(self.facts.columns, self.layout.measured(name)).label(f"cur{place}"))
        for at, figure in enumerate(self.layout.figures):
            column = value(figure, self.facts.columns)
            selected += [] if column is None else [column.label(f"v{at}")]
        statement = select(literal(1).label("one"), *selected)
        if source is not None:
            model = self.facts.columns
            statement = statement.select_from(model).outerjoin(source, true())
        else:
            statement = statement.select_from(self._table())
        return statement.where(*self.facts.where).subquery(f"row_{self.name}")

    def _table(self) -> Any:
        columns = self.facts.columns
        return columns if isinstance(columns, type) else columns.table

    @cached_property
    def added_up(self) -> Any:
        """Rows that agree in every key, added up."""
        row = self._rows()
        keys = [row.c[f"k{at}"] for at in self.places] + [row.c[f"cur{n}"] for n in range(len(self.layout.currencies))]
        labels = [row.c[f"l{at}"] for at in self.places]
        if not self.layout.is_additive:
            raw = [literal(1).label("n")] + [c for at, f in enumerate(self.layout.figures) for c in _raw(row, at, f)]
            return select(*keys, *labels, *raw).cte(f"fact_{self.name}")
        added = [c for at, figure in enumerate(self.layout.figures) for c in _added(row, at, figure)]
        named = [func.min(label).label(label.name) for label in labels]
        statement = select(*keys, *named, func.count().label("n"), *added).select_from(row)
        return (statement.group_by(*keys) if keys else statement).cte(f"fact_{self.name}")


class _Branch:
    """The statement over some of the dimensions. `branches` are all of them, by those of their dimensions in which a
    fact may be in several groups: a dimension's greatest groups are those of the branch that splits by it alone."""

    def __init__(self, source: _Rows, places: tuple[int, ...], branches: Mapping[frozenset[int], _Branch]) -> None:
        self.request, self.layout, self.source, self.places = source.request, source.layout, source, places
        self.branches = branches
        self.name = source.name + "".join(map(str, places))

    def statement(self, sets: list[tuple[int, ...]]) -> Select[Any]:
        """A row for each group of each set of dimensions, and of each with a currency."""
        bucket = self._buckets()
        money = range(len(self.layout.currencies))
        keys = [
            tuple_(
                *(bucket.c[f"{part}{at}"] for at in one for part in "ko"), *(bucket.c[f"cur{place}"] for place in cur)
            )
            for one in sets
            for cur in ((), *((place,) for place in money))
        ]
        marks = [self._mark(bucket, f"k{at}", at in self.places) for at in range(len(self.layout.dimensions))]
        marks += [self._mark(bucket, f"cur{place}", True) for place in money]
        columns = [*marks, *self._keys(bucket), *(bucket.c[f"cur{place}"] for place in money)]
        statement = select(*columns, *self._aggregates(bucket)).select_from(bucket)
        return statement.group_by(func.grouping_sets(*keys))

    @staticmethod
    def _mark(bucket: Any, name: str, is_here: bool) -> ColumnElement[Any]:
        """0 where the row is of one group of it, 1 where it is over all."""
        return func.grouping(bucket.c[name]) if is_here else literal(1)

    def _keys(self, bucket: Any) -> list[ColumnElement[Any]]:
        found: list[ColumnElement[Any]] = []
        for at, dimension in enumerate(self.layout.dimensions):
            if at in self.places:
                found += [bucket.c[f"k{at}"], bucket.c[f"o{at}"], func.min(bucket.c[f"l{at}"])]
            else:
                key = grouping(dimension, self.source.facts.columns).key
                found += [cast(null(), _element(dimension, key)), false(), null()]
        return found

    def _aggregates(self, bucket: Any) -> list[ColumnElement[Any]]:
        """How many rows; then of each figure what its value is computed from."""
        found: list[ColumnElement[Any]] = [func.coalesce(func.sum(bucket.c.n), 0)]
        for at, figure in enumerate(self.layout.figures):
            found += _of_figure(bucket, at, figure)
        return found

    @cached_property
    def _facts(self) -> Any:
        """The facts under the keys of this branch: what stands below something counts for that as well."""
        fact = self.source.added_up
        rolled = {at: lineage(self._tree(at)).alias() for at in self.places if self.layout.dimensions[at].is_rolled_up}
        if not rolled:
            return fact
        joined: Any = fact
        for at, way in rolled.items():
            joined = joined.outerjoin(way, way.c.below == fact.c[f"k{at}"])
        keys = {f"k{at}": func.coalesce(way.c.above, fact.c[f"k{at}"]) for at, way in rolled.items()}
        columns = [keys.get(one.name, one).label(one.name) for one in fact.c]
        return select(*columns).select_from(joined).cte(f"rolled_{self.name}")

    def _tree(self, at: int) -> Surface:
        return self.request.source.trees[self.layout.dimensions[at].field.name]

    def _buckets(self) -> Any:
        """Facts under the keys that stand for themselves, or under “others”; empty is a key of its own."""
        fact = self._facts
        source, selected = fact, [fact.c.n]
        for at in self.places:
            key: Any = fact.c[f"k{at}"]
            other: Any = cast(false(), Boolean)
            if self.layout.dimensions[at].is_wide(self.layout.limits[at]):
                alone = frozenset({at} if self.layout.dimensions[at].is_many else ())
                top = self.branches[alone].top(at, self.name)
                source = source.outerjoin(top, top.c.key == key)
                other = and_(key.is_not(None), top.c.key.is_(None))
                key = top.c.key
            label = case((other, null()), else_=fact.c[f"l{at}"])
            selected += [key.label(f"k{at}"), other.label(f"o{at}"), label.label(f"l{at}")]
        rest = [column for column in fact.c if column.name[0] not in "kln"]
        return select(*selected, *rest).select_from(source).subquery(f"bucket_{self.name}")

    def top(self, at: int, name: str) -> Any:
        fact = self._facts
        key = fact.c[f"k{at}"].label("key")
        rank, is_least = self._rank(fact)
        by = rank.asc() if is_least else rank.desc()
        chosen = select(key).where(fact.c[f"k{at}"].is_not(None)).group_by(fact.c[f"k{at}"])
        return chosen.order_by(by.nulls_last(), key).limit(self.layout.limits[at]).subquery(f"top{at}_{name}")

    def _rank(self, fact: Any) -> tuple[ColumnElement[Any], bool]:
        """What groups are ranked by, and whether the least ones are wanted."""
        figure = rank_figure(self.request)
        is_least = self.request.order == figure.key
        if isinstance(figure, Quotient):
            part, whole = self._ranked(fact, figure.part), self._ranked(fact, figure.whole)
            return part / func.nullif(cast(whole, Numeric), 0), is_least
        return self._ranked(fact, figure), is_least

    def _ranked(self, fact: Any, figure: Figure) -> Any:
        at = next(at for at, one in enumerate(self.layout.figures) if one.key == figure.key)
        mine = None
        if figure.is_money and figure.field is not None:  # amounts compare in one currency: the tenant's own
            mine = fact.c[f"cur{self.layout.currencies.index(figure.field.name)}"] == reader().currency
        return _ranking(fact, at, figure, mine)


def _element(dimension: Dimension, key: Any) -> Any:
    return key.type.item_type if dimension.field.kind == "tags" else key.type


def _added(row: Any, at: int, figure: Figure) -> list[Any]:
    """Of the rows of one fact: sums, numbers of values, least and greatest."""
    if figure.how == "count":
        return []
    column = row.c[f"v{at}"]
    if figure.how in ("min", "max"):
        return [getattr(func, figure.how)(column).label(f"x{at}")]
    return [func.sum(column).label(f"s{at}"), func.count(column).label(f"c{at}")]


def _raw(row: Any, at: int, figure: Figure) -> list[Any]:
    """The same columns of a single row; different values are told apart later."""
    if figure.how == "count":
        return []
    column = row.c[f"v{at}"]
    if figure.how in ("min", "max", *_TOLD_ONE_BY_ONE):
        return [column.label(f"x{at}")]
    return [cast(column, Numeric).label(f"s{at}"), cast(column.is_not(None), Integer).label(f"c{at}")]


def _of_figure(bucket: Any, at: int, figure: Figure) -> list[ColumnElement[Any]]:
    match figure.how:
        case "count":
            return []
        case "min" | "max":
            return [getattr(func, figure.how)(bucket.c[f"x{at}"])]
        case "distinct":
            return [func.count(bucket.c[f"x{at}"].distinct())]
        case "median":
            return [_middle(bucket.c[f"x{at}"])]
    return [func.sum(bucket.c[f"s{at}"]), func.sum(bucket.c[f"c{at}"])]


def _middle(column: Any, only: Callable[[Any], Any] = lambda aggregate: aggregate) -> Any:
    """The value in the middle, exact; half-way between the two there where the values are even in number."""
    lower, upper = (only(func.percentile_disc(0.5).within_group(one)) for one in (column.asc(), column.desc()))
    return (cast(lower, Numeric) + upper) * _HALF  # a division would round


def _ranking(fact: Any, at: int, figure: Figure, mine: ColumnElement[bool] | None) -> Any:
    def only(aggregate: Any) -> Any:
        return aggregate if mine is None else aggregate.filter(mine)

    match figure.how:
        case "count":
            return func.sum(fact.c.n)
        case "min" | "max":
            return only(getattr(func, figure.how)(fact.c[f"x{at}"]))
        case "distinct":
            return func.count(fact.c[f"x{at}"].distinct())
        case "median":
            return _middle(fact.c[f"x{at}"], only)
    total = only(func.sum(fact.c[f"s{at}"]))
    return total if figure.how == "sum" else total / func.nullif(only(func.sum(fact.c[f"c{at}"])), 0)
