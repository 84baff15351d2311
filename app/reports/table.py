"""A result as a table: its heads, its lines, its totals, every figure with the address of its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _

from app.reports.result import ALL, Cell, Result, Value

MOST_LINES = 400
"""Lines on a page; a file has them all."""

Address = Callable[[int, int], str]


@dataclass(frozen=True, slots=True)
class Figured:
    """One figure in the table, and where its records are."""

    value: Value
    href: str = ""


@dataclass(frozen=True, slots=True)
class TableLine:
    """The names of a line's groups, then its figures. `is_total` for the last one."""

    labels: tuple[str, ...]
    figures: tuple[Figured, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`heads` are first those of the groups (`groups` of them), then those of the figures."""

    groups: int
    heads: tuple[str, ...]
    lines: tuple[TableLine, ...]
    left_out: int = 0
    """Lines that had no room."""


def table_of(result: Result, address: Address, most: int = MOST_LINES) -> Table:
    """One figure by two dimensions becomes a cross table; everything else has a line for each group."""
    is_cross = len(result.dimensions) > 1 and len(result.figures) == 1
    lines = _cross_lines(result, address) if is_cross else _plain_lines(result, address)
    totals = lines[-1:] if result.dimensions else []
    body = lines[:-1] if result.dimensions else lines
    heads = _cross_heads(result) if is_cross else _plain_heads(result)
    groups = min(len(result.dimensions), 1) if is_cross else len(result.dimensions)
    return Table(groups, heads, (*body[:most], *totals), max(0, len(body) - most))


def _plain_heads(result: Result) -> tuple[str, ...]:
    return (*(one.label for one in result.dimensions), *(one.label for one in result.figures))


def _cross_heads(result: Result) -> tuple[str, ...]:
    return (result.dimensions[0].label, *(one.label for one in result.columns), _("Total"))


def _plain_lines(result: Result, address: Address) -> list[TableLine]:
    found = []
    for at, row in enumerate(result.rows):
        if len(result.dimensions) == 1:
            found.append(TableLine((row.label,), _figures(result.cell(at), address(at, ALL))))
            continue
        for place, column in enumerate(result.columns):
            if result.cell(at, place).count:
                found.append(TableLine((row.label, column.label), _figures(result.cell(at, place), address(at, place))))
    labels = (_("Total"), *("" for _one in result.dimensions[1:])) if result.dimensions else ()
    return [*found, TableLine(labels, _figures(result.total, address(ALL, ALL)), bool(result.dimensions))]


def _figures(cell: Cell, href: str) -> tuple[Figured, ...]:
    return tuple(Figured(value, href) for value in cell.values)


def _cross_lines(result: Result, address: Address) -> list[TableLine]:
    places = (*range(len(result.columns)), ALL)
    found = []
    for at, label in [*((at, row.label) for at, row in enumerate(result.rows)), (ALL, _("Total"))]:
        figures = tuple(Figured(result.cell(at, place).values[0], address(at, place)) for place in places)
        found.append(TableLine((label,), figures, at == ALL))
    return found
