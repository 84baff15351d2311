"""Charts along time: columns, and lines."""

from __future__ import annotations

from app.reports.charts.axis import Scale, labelled, scale_of
from app.reports.charts.drawing import TONES, Chart
from app.reports.charts.pen import Pen, Series
from app.reports.charts.piles import parts, reach, stack
from app.reports.result import ALL

PLOT_TOP, PLOT = 18, 220
MOST_COLUMNS, MOST_POINTS = 62, 400


def upright(pen: Pen, *, is_stacked: bool) -> Chart | None:
    """Upright columns along time."""
    is_stacked = is_stacked and bool(pen.result.columns)
    count = len(pen.result.rows)
    if count > MOST_COLUMNS:
        return lines(pen)
    series = [Series("", TONES[0])] if pen.result.columns else pen.series
    edges = [stack(pen, at) if is_stacked else reach(pen, at, series) for at in range(count)]
    scale = scale_of([edge for pair in edges for edge in pair])
    slot = 100 / count
    for at in range(count):
        if is_stacked:
            _upright_pile(pen, at, scale, (at + 0.15) * slot, slot * 0.7)
        else:
            _upright(pen, at, series, scale, (at + 0.15) * slot, slot * 0.7)
    _axes(pen, scale, [(at + 0.5) * slot for at in range(count)])
    return _plotted(pen, "columns", scale, is_stacked or len(series) > 1)


def _upright_pile(pen: Pen, at: int, scale: Scale, x: float, width: float) -> None:
    for column, low, high in parts(pen, at):
        tone = pen.tone(column, 1, pen.result.columns[column])
        top, bottom = _down(scale, high), _down(scale, low)
        words, href = pen.words(at, column), pen.drill.href(at, column)
        pen.canvas.box(x, top, width, bottom - top, tone, words, href)


def _upright(pen: Pen, at: int, series: list[Series], scale: Scale, x: float, width: float) -> None:
    """The figures of a time beside each other."""
    each = width / len(series)
    for place, one in enumerate(series):
        value = pen.number(at, ALL, one.figure)
        top, bottom = _down(scale, max(0.0, value)), _down(scale, min(0.0, value))
        words, href = pen.words(at, ALL, one.figure), pen.drill.href(at)
        pen.canvas.box(x + place * each, top, each, bottom - top, one.tone, words, href)


def lines(pen: Pen) -> Chart | None:
    """A line for each group of the second dimension, or one."""
    count = len(pen.result.rows)
    if count > MOST_POINTS:
        return None
    scale = scale_of([pen.number(at, one.column, one.figure) for at in range(count) for one in pen.series])
    across = [(at + 0.5) * 100 / count for at in range(count)]
    for one in pen.series:
        values = [pen.number(at, one.column, one.figure) for at in range(count)]
        pen.canvas.path([(x / 100, 1 - scale.share(value)) for x, value in zip(across, values, strict=True)], one.tone)
        for at, value in enumerate(values):
            if pen.result.cell(at, one.column).count or count <= MOST_COLUMNS:
                words, href = pen.words(at, one.column, one.figure), pen.drill.href(at, one.column)
                pen.canvas.dot(across[at], _down(scale, value), one.tone, words, href)
    _axes(pen, scale, across)
    return _plotted(pen, "lines", scale, bool(pen.result.columns) or len(pen.series) > 1)


def _down(scale: Scale, value: float) -> float:
    return round(PLOT_TOP + PLOT * (1 - scale.share(value)), 1)


def _axes(pen: Pen, scale: Scale, across: list[float]) -> None:
    for tick in scale.ticks:
        pen.canvas.text(0, _down(scale, tick) - 4, pen.axis_words(tick), look="tick")
    for at in labelled(len(across)):
        pen.canvas.text(across[at], PLOT_TOP + PLOT + 18, pen.place_words(at), "middle", "tick")


def _plotted(pen: Pen, kind: str, scale: Scale, has_series: bool) -> Chart:
    rules = tuple(_down(scale, tick) for tick in scale.ticks)
    legend = pen.legend() if has_series else ()
    return pen.chart(kind, PLOT_TOP + PLOT + 26, plot=(PLOT_TOP, PLOT), rules=rules, legend=legend)
