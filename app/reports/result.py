"""What came out of a report: groups, cells, totals. Values are typed; words are made of them later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from app.data.money import digits_of
from app.reports.dimensions import Dimension
from app.reports.measures import AnyFigure

ALL = -1
"""The place of a total among rows or columns."""


class Amount(NamedTuple):
    """A sum or average of money in major units: exact, and as large as it has to be."""

    value: Decimal
    currency: str


class Percent(NamedTuple):
    """A ratio; `currency` is that of the amounts it is of, if any."""

    value: Decimal
    currency: str = ""


Value = int | Decimal | date | datetime | None | tuple[Amount, ...] | tuple[Percent, ...]
"""A figure of one cell: amounts and ratios of amounts are one for each currency, the tenant's own first."""


@dataclass(frozen=True, slots=True)
class Group:
    """One value of a dimension; None for what is empty. `is_others` stands for all that are not shown alone."""

    key: Any
    label: str
    is_others: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """The facts of one row and column: how many, and the figures in the order they were asked for."""

    count: int
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Result:
    """A report as it came out. Cells by (row, column), with ALL for totals; a missing cell has no facts.

    `is_cut` says that groups are left out altogether: of tags, and of what is
    above each other, “others” would count records twice.
    """

    dimensions: tuple[Dimension, ...]
    figures: tuple[AnyFigure, ...]
    rows: tuple[Group, ...]
    columns: tuple[Group, ...]
    cells: Mapping[tuple[int, int], Cell]
    is_cut: bool = False

    def cell(self, row: int = ALL, column: int = ALL) -> Cell:
        return self.cells.get((row, column)) or Cell(0, tuple(_nothing(one) for one in self.figures))

    @property
    def total(self) -> Cell:
        return self.cell()


def _nothing(figure: AnyFigure) -> Value:
    return 0 if getattr(figure, "how", "") in ("count", "distinct") else ()


def amount(minor: Decimal | int, currency: str, *, parts: int = 1) -> Amount:
    """So many minor units as an amount; an average is rounded to the currency's smallest unit."""
    digits = digits_of(currency)
    whole = Decimal(minor)
    if parts != 1:
        whole = (whole / parts).quantize(Decimal(1), ROUND_HALF_UP)
    return Amount(whole.scaleb(-digits), currency)


def percent(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    """To one decimal; None where there is nothing to divide by."""
    if not whole:
        return None
    return (Decimal(part or 0) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)
