"""The kinds of charts: bars, columns, lines, rings, funnels, numbers.

All show the report's first figure; bars, columns and lines over one dimension also those beside it that are of its kind
(amounts with amounts, counts with counts), such as forecast, won and target.
"""

from __future__ import annotations

from collections.abc import Callable

from app.reports.charts.bars import across, funnel
from app.reports.charts.drawing import Canvas, Chart
from app.reports.charts.pen import Pen
from app.reports.charts.rings import ring
from app.reports.charts.upright import lines, upright
from app.reports.drilling import Drill
from app.reports.measures import Figure
from app.reports.result import Result


def usual_chart(result: Result) -> str:
    """What suits a result of which nothing is said."""
    if not result.dimensions:
        return "number"
    if result.dimensions[0].is_time:
        return "line" if len(result.rows) > 12 or len(result.dimensions) > 1 else "bar"
    return "stacked" if len(result.dimensions) > 1 else "bar"


def draw(result: Result, kind: str, drill: Drill, *, title: str, is_mirrored: bool) -> Chart | None:
    """The chart; None where there is nothing to draw, or too much for one to be read."""
    chosen = kind or usual_chart(result)
    pen = Pen(result, drill, Canvas(is_mirrored), title)
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


def _bars(pen: Pen) -> Chart | None:
    """Bars across with their labels above them; of times, columns."""
    is_time = pen.result.dimensions[0].is_time
    return upright(pen, is_stacked=False) if is_time else across(pen, is_stacked=False)


def _stacked(pen: Pen) -> Chart | None:
    is_time = pen.result.dimensions[0].is_time
    return upright(pen, is_stacked=True) if is_time else across(pen, is_stacked=True)


_KINDS: dict[str, Callable[[Pen], Chart | None]] = {
    "bar": _bars, "stacked": _stacked, "line": lines, "donut": ring, "funnel": funnel,
}  # fmt: skip
