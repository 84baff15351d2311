"""How far bars reach, and where the parts of a pile begin and end."""

from __future__ import annotations

from app.reports.charts.pen import Pen, Series
from app.reports.result import ALL


def reach(pen: Pen, at: int, series: list[Series]) -> tuple[float, float]:
    """How far the figures of a row reach below and above zero."""
    values = [pen.number(at, ALL, one.figure) for one in series]
    return min(0.0, *values, 0.0), max(0.0, *values, 0.0)


def stack(pen: Pen, at: int) -> tuple[float, float]:
    """How far the parts of a row reach below and above zero."""
    parts = [pen.number(at, column) for column in range(len(pen.result.columns))]
    return sum(min(0, one) for one in parts), sum(max(0, one) for one in parts)


def parts(pen: Pen, at: int) -> list[tuple[int, float, float]]:
    """The parts of a row that are there: column, where it starts, where it ends; below zero they pile downwards."""
    below, above, found = 0.0, 0.0, []
    for column in range(len(pen.result.columns)):
        value = pen.number(at, column)
        if value > 0:
            found.append((column, above, above + value))
            above += value
        elif value < 0:
            found.append((column, below + value, below))
            below += value
    return found
