"""Totals of lanes over everything that meets the filters, not only over the cards that are shown.

One aggregate, grouped by lane and currency, so sums are exact and never mix currencies. It reads every row that is
meant, which an index that holds the summed columns makes cheap but not free: so it is asked for when the page is there
already. It counts on the way, so counts that were capped become exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import func, or_, select

from app.data import Field, reading
from app.data.money import digits_of
from app.screens.page import LaneTotal, Sum, TotalLine
from app.screens.views.board.cards import Where
from app.screens.views.board.lane_records import LaneOf
from app.screens.views.board.lanes import LaneSet
from app.screens.views.counting import number_words
from app.screens.views.screen import Screen

ALL = "all"
"""The name of the total of all lanes, which no lane is called."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the cards of one lane in one set of currencies come to. `amounts` are (field, currency, sum in its smallest
    units); a plain number has no currency."""

    lane: LaneOf
    count: int
    amounts: tuple[tuple[str, str, Decimal], ...]


def measures(screen: Screen) -> tuple[Field, ...]:
    """The fields that are summed, as far as this person sees them."""
    names = screen.entry.resource.board_totals.split()
    return tuple(screen.surface.fields[name] for name in names if name in screen.surface.fields)


def lane_totals(screen: Screen, found: LaneSet, where: Where) -> Iterator[LaneTotal]:
    """The totals of each lane, then of all lanes, by one statement."""
    fields = measures(screen)
    parts: dict[LaneOf, list[Part]] = defaultdict(list)
    for part in _read(screen, found, where, fields) if found.lanes else ():
        parts[part.lane].append(part)
    for lane in found.lanes:
        yield _total(lane.key, parts[lane], fields)
    yield _total(ALL, [part for lane in found.lanes for part in parts[lane]], fields)


def _read(screen: Screen, found: LaneSet, where: Where, fields: tuple[Field, ...]) -> Iterator[Part]:
    model: Any = screen.surface.model
    lane_column = getattr(model, found.field.column)
    currencies = [getattr(model, f"{one.name}_currency") for one in fields if one.kind == "money"]
    sums = [func.sum(getattr(model, one.column)) for one in fields]
    held = or_(*(found.holds(model, lane) for lane in found.lanes))
    statement = select(lane_column, func.count(), *sums, *currencies).where(*where, held)
    lanes = {lane.value: lane for lane in found.lanes}
    for row in reading.rows(screen.surface.session, statement.group_by(lane_column, *currencies)):
        codes = iter(row[2 + len(fields) :])
        units = [next(codes) if one.kind == "money" else "" for one in fields]
        summed = zip(fields, units, row[2 : 2 + len(fields)], strict=True)
        amounts = [(one.name, unit or "", Decimal(value)) for one, unit, value in summed if value is not None]
        yield Part(lanes[row[0]], row[1], tuple(amounts))


def _total(name: str, parts: Iterable[Part], fields: tuple[Field, ...]) -> LaneTotal:
    chosen = list(parts)
    lines = (TotalLine(one.words, tuple(_sums(one, chosen)), tuple(_weighted(one, chosen))) for one in fields)
    return LaneTotal(name, number_words(sum(part.count for part in chosen)), tuple(line for line in lines if line.sums))


def _sums(field: Field, parts: Iterable[Part]) -> Iterator[Sum]:
    return _in_units(_added(field, parts, lambda _lane: 100))


def _weighted(field: Field, parts: list[Part]) -> Iterator[Sum]:
    """By the weights of the lanes; nothing where no lane has one."""
    if any(part.lane.weight is not None for part in parts):
        yield from _in_units(_added(field, parts, lambda lane: lane.weight or 0))


def _added(field: Field, parts: Iterable[Part], percent: Any) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        for name, currency, amount in part.amounts:
            if name == field.name:
                found[currency] += amount * percent(part.lane) / 100
    return found


def _in_units(sums: Mapping[str, Decimal]) -> Iterator[Sum]:
    """In the currency's own unit, to its smallest one."""
    for currency, amount in sorted(sums.items()):
        if not currency:
            yield Sum(amount.normalize() if amount % 1 else amount.quantize(Decimal(1)), "")
        else:
            minor = amount.quantize(Decimal(1), ROUND_HALF_EVEN)
            yield Sum(minor.scaleb(-digits_of(currency)), currency)
