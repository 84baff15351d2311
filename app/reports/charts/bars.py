"""Bars across, one below the other, each under its label; and the funnel."""

from __future__ import annotations

from decimal import Decimal

from app.reports.charts.axis import Scale
from app.reports.charts.drawing import Chart
from app.reports.charts.pen import Pen, Series, short
from app.reports.charts.piles import parts, reach, stack
from app.reports.result import ALL
from app.reports.words import percent_words, value_words

ROW, BAR, THIN = 46, 14, 9
"""Pixels of a bar with its label, of the bar alone, and of one among several."""
MOST_ROWS = 40


def across(pen: Pen, *, is_stacked: bool) -> Chart | None:
    is_stacked = is_stacked and bool(pen.result.columns)
    series = [Series("", "")] if pen.result.columns else pen.series
    rows = range(min(len(pen.result.rows), MOST_ROWS))
    edges = [stack(pen, at) if is_stacked else reach(pen, at, series) for at in rows]
    low, high = min(low for low, _high in edges), max(high for _low, high in edges)
    scale = Scale(low, high if high > low else low + 1, ())
    height = ROW + (len(series) - 1) * THIN if len(series) > 1 else ROW
    for at in rows:
        top = at * height
        pen.canvas.text(0, top + 15, short(pen.result.rows[at].label), look="label")
        pen.canvas.text(100, top + 15, value_words(pen.value(at)), "end", "value")
        if is_stacked:
            _pile(pen, at, scale, top + 22)
        else:
            _bars_of(pen, at, series, scale, top + 22)
    return pen.chart("bars", len(rows) * height, legend=pen.legend() if is_stacked or len(series) > 1 else ())


def _bars_of(pen: Pen, at: int, series: list[Series], scale: Scale, y: float) -> None:
    """One bar in one colour, unless the choices bring their own; several figures below each other."""
    for place, one in enumerate(series):
        start, end = sorted((scale.share(0), scale.share(pen.number(at, ALL, one.figure))))
        tone = one.tone if len(series) > 1 else pen.tone(0, 0, pen.result.rows[at])
        thickness = THIN if len(series) > 1 else BAR
        words, href = pen.words(at, ALL, one.figure), pen.drill.href(at)
        pen.canvas.box(start * 100, y + place * THIN, (end - start) * 100, thickness, tone, words, href)


def _pile(pen: Pen, at: int, scale: Scale, y: float) -> None:
    for column, low, high in parts(pen, at):
        start, end = scale.share(low) * 100, scale.share(high) * 100
        tone = pen.tone(column, 1, pen.result.columns[column])
        pen.canvas.box(start, y, end - start, BAR, tone, pen.words(at, column), pen.drill.href(at, column))


def funnel(pen: Pen) -> Chart | None:
    """Bars in the middle, each with its share of the one before."""
    rows = range(min(len(pen.result.rows), MOST_ROWS))
    values = [max(0.0, pen.number(at)) for at in rows]
    most = max(values)
    if not most:
        return None
    for at in rows:
        top, width = at * ROW, values[at] * 100 / most
        pen.canvas.text(0, top + 15, short(pen.result.rows[at].label), look="label")
        said = value_words(pen.value(at))
        if at and values[at - 1]:
            said += f" · {percent_words(Decimal(repr(round(values[at] * 100 / values[at - 1], 1))))}"
        pen.canvas.text(100, top + 15, said, "end", "value")
        tone = pen.tone(0, 0, pen.result.rows[at])
        pen.canvas.box((100 - width) / 2, top + 22, width, BAR, tone, pen.words(at), pen.drill.href(at))
    return pen.chart("bars", len(rows) * ROW)
