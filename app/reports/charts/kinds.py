"""The kinds of charts: bars, columns, lines, rings, funnels, numbers.

All show the report's first figure; bars, columns and lines over one dimension also those beside it that are of its kind
(amounts with amounts, counts with counts), such as forecast, won and target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from app.reports.charts.pen import Pen
from app.reports.charts.picture import Chart, Kind
from app.reports.drilling import Drill
from app.reports.measures import Figure
from app.reports.result import Result
from app.reports.words import percent_words, value_words

MOST_ROWS, MOST_COLUMNS, MOST_POINTS = 40, 62, 400
"""Bars below each other, columns beside each other, points of a line."""


def usual_chart(result: Result) -> str:
    """What suits a result of which nothing is said."""
    if not result.dimensions:
        return "number"
    first = result.dimensions[0]
    if any(first.is_apart(one.key) for one in result.rows):
        return "bar"  # a line would lead from the last period to what is in none
    if first.is_time:
        return "line" if len(result.rows) > 12 or len(result.dimensions) > 1 else "bar"
    return "stacked" if len(result.dimensions) > 1 else "bar"


def draw(result: Result, kind: str, drill: Drill, *, title: str) -> Chart | None:
    """The chart; None where there is nothing to draw, or too much for one to be read."""
    chosen = kind or usual_chart(result)
    pen = Pen(result, drill, title)
    if chosen == "number" or not result.dimensions:
        return pen.numbers()
    if not result.rows or not any(pen.values) or _is_date(result):
        return None
    return _KINDS[chosen](pen)


def _is_date(result: Result) -> bool:
    """The earliest or latest of something has no length."""
    figure = result.figures[0]
    field = figure.field if isinstance(figure, Figure) and figure.how in ("min", "max") else None
    return field is not None and field.kind in ("day", "moment")


def _bars(pen: Pen, *, is_stacked: bool = False) -> Chart | None:
    """Bars across, one below the other; of times, upright columns, and lines where those would be too thin."""
    is_time = pen.result.dimensions[0].is_time
    if is_time and len(pen.result.rows) > MOST_COLUMNS:
        return _lines(pen)
    rows = range(len(pen.result.rows) if is_time else min(len(pen.result.rows), MOST_ROWS))
    is_pile = is_stacked and bool(pen.result.columns)
    strands = pen.strands if is_pile or not pen.result.columns else [pen.whole]
    is_coloured = len(strands) == 1 and not is_time
    tones = [pen.tone(0, 0, pen.result.rows[at]) for at in rows] if is_coloured else []
    series = [pen.series(one, rows, tones) for one in strands]
    return pen.chart("columns" if is_time else "bars", rows, series, is_stacked=is_pile)


def _stacked(pen: Pen) -> Chart | None:
    return _bars(pen, is_stacked=True)


def _lines(pen: Pen) -> Chart | None:
    """A line for each group of the second dimension, or for each figure."""
    rows = range(len(pen.result.rows))
    if len(rows) > MOST_POINTS:
        return None
    return pen.chart("lines", rows, [pen.series(one, rows) for one in pen.strands])


def _ring(pen: Pen) -> Chart | None:
    """A ring of shares; what is not above zero has none."""
    return _parts(pen, "ring", [pen.tone(at, 0, group) for at, group in enumerate(pen.result.rows)])


def _funnel(pen: Pen) -> Chart | None:
    """Each place narrower than the one before, with its share of it."""
    chart = _parts(pen, "funnel", [pen.tone(0, 0, group) for group in pen.result.rows])
    return replace(chart, ends=tuple(_with_share(pen, at) for at in range(len(chart.places)))) if chart else None


def _parts(pen: Pen, kind: Kind, tones: list[str]) -> Chart | None:
    """A chart of what is above zero."""
    if max(pen.values) <= 0:
        return None
    rows = range(len(pen.result.rows))
    series = pen.series(pen.whole, rows, tones)
    points = tuple(replace(one, value=max(0.0, one.value)) for one in series.points)
    return pen.chart(kind, rows, [replace(series, points=points)])


def _with_share(pen: Pen, at: int) -> str:
    said, values = value_words(pen.value(at)), pen.values
    if not at or values[at - 1] <= 0:
        return said
    return f"{said} · {percent_words(Decimal(repr(round(max(0.0, values[at]) * 100 / values[at - 1], 1))))}"


_KINDS: dict[str, Callable[[Pen], Chart | None]] = {
    "bar": _bars, "stacked": _stacked, "line": _lines, "donut": _ring, "funnel": _funnel,
}  # fmt: skip
