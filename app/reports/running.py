"""Runs a report: one statement for all figures, one more when related records have to be named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import gettext as _
from psycopg.errors import QueryCanceled
from sqlalchemy.exc import OperationalError

from app.reports.asking import ReportRequest, rank_figure
from app.reports.dimensions import Dimension
from app.reports.measures import AnyFigure, Figure, Quotient
from app.reports.result import ALL, Cell, Group, Percent, Result, Value, amount, percent
from app.reports.statement import MOST_ROWS, Layout, build, layout_of
from app.reports.words import group_label, time_label
from app.screens.kinds import reader
from app.screens.reading.periods import later
from app.screens.views.relations import relation_labels

MOST_GAPS = 400
"""Periods of a time line that are filled in where nothing happened."""


class Unanswerable(Exception):
    """The report cannot be made as it was asked; the message says what to do about it."""


def run(request: ReportRequest) -> Result:
    """All figures of a report. Raises Unanswerable when it has too many groups or takes too long."""
    layout = layout_of(request)
    try:
        facts = request.source.facts(request.asked.request)
        rows = request.source.surface.session.execute(build(request, layout, facts)).all()
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        request.source.surface.session.rollback()
        raise Unanswerable(_("This takes too long to count. Narrow it down by a filter, such as a period.")) from None
    if len(rows) > MOST_ROWS:
        raise Unanswerable(_("These are too many groups. Choose a longer period, another field, or add a filter."))
    return _Assembly(request, layout).result(rows)


Key = tuple[Any, bool]
"""Of a group: its key, and whether it is “others”."""
Place = tuple[Key | None, Key | None]


@dataclass
class _Gathered:
    """What the rows say of one cell: how many facts, each figure's raw parts, and those by currency."""

    count: int = 0
    raw: Sequence[Any] = ()
    by_currency: dict[tuple[str, str], Sequence[Any]] = field(default_factory=dict)


class _Assembly:
    """From the rows of the statement to groups and cells."""

    def __init__(self, request: ReportRequest, layout: Layout) -> None:
        self.request, self.layout = request, layout
        self.size = len(layout.dimensions)
        self.labels: list[dict[Any, str]] = [{} for _dimension in layout.dimensions]

    def result(self, rows: Sequence[Any]) -> Result:
        gathered: dict[Place, _Gathered] = defaultdict(_Gathered)
        for row in rows:
            self._take(row, gathered)
        cut = self._drop_others_of_many(gathered)
        groups = self._groups(gathered)
        places: list[dict[Key | None, int]] = [
            {None: ALL, **{(one.key, one.is_others): at for at, one in enumerate(group)}} for group in groups
        ]
        cells = {
            (places[0][first], places[1][second]): self._cell(found) for (first, second), found in gathered.items()
        }
        return Result(self.layout.dimensions, self.request.figures, groups[0], groups[1], cells, cut)

    def _take(self, row: Sequence[Any], gathered: dict[Place, _Gathered]) -> None:
        money = len(self.layout.currencies)
        marks, rest = row[: self.size + money], row[self.size + money :]
        keys: list[Key | None] = [None, None]
        for at in range(self.size):
            key, is_others, label = rest[3 * at : 3 * at + 3]
            if not marks[at]:
                key = self.layout.dimensions[at].told(key)
                keys[at] = (key, bool(is_others))
                self.labels[at].setdefault(key, label)
        currencies, figures = rest[3 * self.size : 3 * self.size + money], rest[3 * self.size + money :]
        found = gathered[keys[0], keys[1]]
        named = [place for place in range(money) if not marks[self.size + place]]
        if not named:
            found.count, found.raw = int(figures[0]), figures[1:]
        elif currencies[named[0]] is not None:
            found.by_currency[self.layout.currencies[named[0]], currencies[named[0]]] = figures[1:]

    def _drop_others_of_many(self, gathered: dict[Place, _Gathered]) -> bool:
        many = [at for at, one in enumerate(self.layout.dimensions) if one.is_many]
        dropped = [place for place in gathered if any((key := place[at]) is not None and key[1] for at in many)]
        for place in dropped:
            del gathered[place]
        return bool(dropped)

    # Groups ----------------------------------------------------------------------------------------------------------

    def _groups(self, gathered: Mapping[Place, _Gathered]) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
        names = self._names()
        made: list[tuple[Group, ...]] = [(), ()]
        for at, dimension in enumerate(self.layout.dimensions):
            keys = {place[at] for place in gathered} - {None}
            groups = [self._group(dimension, key, names[at]) for key in keys if key is not None]
            made[at] = tuple(self._sorted(at, dimension, groups, gathered))
        return made[0], made[1]

    def _names(self) -> list[Mapping[Any, str]]:
        """What related records are called, for all dimensions in one statement."""
        wanted = {
            f"{at}.{key}": (one.field, key)
            for at, one in enumerate(self.layout.dimensions)
            if one.field.picks
            for key in self.labels[at]
            if key is not None
        }
        found = relation_labels(self.request.source.surface.session, wanted) if wanted else {}
        return [
            {key: found.get(f"{at}.{key}", label) for key, label in self.labels[at].items()} for at in range(self.size)
        ]

    def _group(self, dimension: Dimension, key: Key, names: Mapping[Any, str]) -> Group:
        if key[1]:
            return Group(None, _("Others"), is_others=True)
        return Group(key[0], group_label(dimension, key[0], names.get(key[0])))

    def _sorted(
        self, at: int, dimension: Dimension, groups: list[Group], gathered: Mapping[Place, _Gathered]
    ) -> list[Group]:
        """Times follow each other, choices stand as declared, others go by the figure; empty and “others” come last."""
        last = [one for one in groups if one.key is None]
        named = [one for one in groups if one.key is not None]
        beside = [one for one in named if dimension.is_apart(one.key)]
        order = self.request.order
        if dimension.is_time:
            named = _without_gaps(dimension, [one for one in named if one not in beside])
        is_asked = at == 0 and order.removeprefix("-") not in ("", "by")
        if is_asked or (not order and not _has_order(dimension)):
            named += beside
            named.sort(key=lambda one: one.label)
            named.sort(key=lambda one: self._rank(at, one, gathered), reverse=order.startswith("-") or not order)
        elif dimension.is_time:
            named.sort(key=lambda one: one.key, reverse=at == 0 and order == "-by")
            named += sorted(beside, key=lambda one: dimension.marks[one.key])
        else:
            declared = {choice.value: place for place, choice in enumerate(dimension.field.choices)}
            named.sort(key=lambda one: (declared.get(one.key, len(declared)), one.label.casefold()))
            if at == 0 and order == "-by":
                named.reverse()
        return [*named, *sorted(last, key=lambda one: one.is_others)]

    def _rank(self, at: int, group: Group, gathered: Mapping[Place, _Gathered]) -> Decimal:
        key: Key = (group.key, group.is_others)
        found = gathered.get((key, None) if at == 0 else (None, key))
        return ranking(self._value(rank_figure(self.request), found)) if found is not None else Decimal(0)

    # Cells -----------------------------------------------------------------------------------------------------------

    def _cell(self, found: _Gathered) -> Cell:
        return Cell(found.count, tuple(self._value(one, found) for one in self.request.figures))

    def _value(self, figure: AnyFigure, found: _Gathered) -> Value:
        if isinstance(figure, Quotient):
            return self._quotient(figure, found)
        if not figure.is_money:
            return _plain(figure, self._parts(figure, found.raw), found.count)
        amounts = [
            made
            for (name, code), raw in found.by_currency.items()
            if figure.field is not None and name == figure.field.name
            for made in _amounts(figure, self._parts(figure, raw), code)
        ]
        return tuple(sorted(amounts, key=lambda one: (one.currency != reader().currency, one.currency)))

    def _quotient(self, figure: Quotient, found: _Gathered) -> Value:
        part, whole = self._value(figure.part, found), self._value(figure.whole, found)
        if not figure.is_money:
            rate = percent(ranking(part), ranking(whole))
            return () if rate is None else (Percent(rate),)
        parts = {one.currency: one.value for one in part} if isinstance(part, tuple) else {}
        wholes = whole if isinstance(whole, tuple) else ()
        rates = [(percent(parts.get(one.currency, 0), one.value), one.currency) for one in wholes]
        return tuple(Percent(rate, code) for rate, code in rates if rate is not None)

    def _parts(self, figure: Figure, raw: Sequence[Any]) -> Sequence[Any]:
        """The columns of one figure among those of all."""
        first = 0
        for one in self.layout.figures:
            width = _WIDTHS.get(one.how, 2)
            if one.key == figure.key:
                return raw[first : first + width]
            first += width
        return ()


_WIDTHS = {"count": 0, "min": 1, "max": 1, "distinct": 1, "median": 1}


def _plain(figure: Figure, parts: Sequence[Any], count: int) -> Value:
    if figure.how == "count":
        return count
    if figure.how == "distinct":
        return int(parts[0]) if parts else 0
    if not parts or parts[0] is None:
        return None
    if figure.how == "median":
        return Decimal(parts[0])
    if figure.how == "avg":
        return Decimal(parts[0]) / Decimal(parts[1])
    return Decimal(parts[0]) if isinstance(parts[0], int | Decimal) else parts[0]


def _amounts(figure: Figure, parts: Sequence[Any], code: str) -> list[Any]:
    if not parts or parts[0] is None:
        return []
    if figure.how == "median":
        return [amount(Decimal(parts[0]).quantize(Decimal(1), ROUND_HALF_UP), code)]
    return [amount(parts[0], code, parts=int(parts[1]) if figure.how == "avg" else 1)]


def ranking(value: Value) -> Decimal:
    """A value as a number to compare and to draw by: of amounts the one in the tenant's own currency."""
    if isinstance(value, tuple):
        own = [one for one in value if one.currency in ("", reader().currency)]
        return own[0].value if own else Decimal(0)
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return Decimal(value.toordinal()) if value is not None else Decimal(0)


def _has_order(dimension: Dimension) -> bool:
    return dimension.is_time or dimension.field.kind in ("choice", "flag")


def _without_gaps(dimension: Dimension, groups: list[Group]) -> list[Group]:
    """Periods in which nothing happened stand between the others, so that a line does not lie."""
    if len(groups) < 2:
        return groups
    there = {one.key: one for one in groups}
    filled, day, end = [], min(there), max(there)
    while day <= end:
        filled.append(there.get(day) or Group(day, time_label(dimension, day)))
        day = later(dimension.grain, day, 1)
        if len(filled) > MOST_GAPS:
            return groups
    return filled
