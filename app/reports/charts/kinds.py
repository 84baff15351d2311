"""The kinds of charts: bars, columns, lines, rings, funnels, numbers.

All show the report's first figure; bars, columns and lines over one dimension also those beside it that are of its kind
(amounts with amounts, counts with counts), such as forecast, won and target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from flask_babel import gettext as _

from app.reports.charts.axis import Scale, labelled, scale_of
from app.reports.charts.drawing import OTHERS, TONES, Canvas, Chart, Entry, Slice
from app.reports.drilling import Drill
from app.reports.measures import AnyFigure, Quotient
from app.reports.result import ALL, Group, Result, Value
from app.reports.running import ranking
from app.reports.words import percent_words, short_time_label, short_words, value_words

ROW, BAR, THIN = 46, 14, 9
"""Pixels of a bar with its label, of the bar alone, and of one among several."""
PLOT_TOP, PLOT = 18, 220
MOST_ROWS, MOST_COLUMNS, MOST_POINTS = 40, 62, 400


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
    pen = _Pen(result, drill, Canvas(is_mirrored), title)
    if chosen == "number" or not result.dimensions:
        return pen.numbers()
    if not result.rows or not any(pen.values):
        return None
    return _KINDS[chosen](pen)


@dataclass(frozen=True, slots=True)
class _Series:
    """What has a colour and a line of the legend of its own: a group of the second dimension, or a figure."""

    label: str
    tone: str
    column: int = ALL
    figure: int = 0


@dataclass
class _Pen:
    """What all kinds of charts need."""

    result: Result
    drill: Drill
    canvas: Canvas
    title: str

    @property
    def values(self) -> list[float]:
        """The first figure of every row, over all columns."""
        return [self.number(at) for at in range(len(self.result.rows))]

    @cached_property
    def series(self) -> list[_Series]:
        """The groups of the second dimension; of one dimension the figures that can stand side by side."""
        if self.result.columns:
            return [_Series(one.label, self.tone(at, 1, one), at) for at, one in enumerate(self.result.columns)]
        kind = _kind_of(self.result.figures[0])
        same = [at for at, one in enumerate(self.result.figures) if not at or (kind and _kind_of(one) == kind)]
        return [_Series(self.result.figures[at].label, TONES[place], figure=at) for place, at in enumerate(same)]

    def number(self, row: int, column: int = ALL, figure: int = 0) -> float:
        return float(ranking(self.value(row, column, figure)))

    def value(self, row: int, column: int = ALL, figure: int = 0) -> Value:
        return self.result.cell(row, column).values[figure]

    def words(self, row: int, column: int = ALL, figure: int = 0) -> str:
        """`Riyadh, Won: 12`."""
        named = [self.result.rows[row].label] + ([self.result.columns[column].label] if column != ALL else [])
        named += [self.result.figures[figure].label] if figure or (column == ALL and len(self.series) > 1) else []
        return f"{', '.join(named)}: {value_words(self.value(row, column, figure))}"

    def tone(self, at: int, place: int, group: Group) -> str:
        """The colour of a group: its choice's own, or the next one."""
        if group.is_others or group.key is None:
            return OTHERS
        choices = self.result.dimensions[place].field.choices
        declared = next((one.colour for one in choices if one.value == group.key), None)
        return declared or TONES[at % len(TONES)]

    def place_words(self, at: int) -> str:
        """What stands below a place on the axis of time: as short as tells it apart."""
        row = self.result.rows[at]
        return row.label if row.key is None or not at else short_time_label(self.result.dimensions[0], row.key)

    def axis_words(self, value: float) -> str:
        is_percent = isinstance(self.result.figures[0], Quotient)
        return short_words(Decimal(repr(value)), is_percent=is_percent)

    def chart(self, kind: str, height: int, **more: object) -> Chart:
        """The chart of what is on the canvas."""
        canvas, figure = self.canvas, self.result.figures[0]
        said = _("%(figure)s, in %(count)s groups. The table below has every figure.",
                 figure=figure.label, count=len(self.result.rows))  # fmt: skip
        return Chart(
            kind, self.title, said, height, boxes=tuple(canvas.boxes), dots=tuple(canvas.dots),
            texts=tuple(canvas.texts), paths=tuple(canvas.paths), **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def legend(self) -> tuple[Entry, ...]:
        if len(self.series) < 2 and not self.result.columns:
            return ()
        return tuple(Entry(one.label, one.tone, href=self.drill.href(ALL, one.column)) for one in self.series)

    def numbers(self) -> Chart:
        total = self.result.total.values
        href = self.drill.href()
        entries = tuple(
            Entry(figure.label, "", value_words(value), href)
            for figure, value in zip(self.result.figures, total, strict=True)
        )
        return Chart("number", self.title, "", figures=entries)


def _bars(pen: _Pen) -> Chart | None:
    """Bars across with their labels above them; of times, columns."""
    if pen.result.dimensions[0].is_time:
        return _columns(pen, is_stacked=False)
    return _rows(pen, is_stacked=False)


def _stacked(pen: _Pen) -> Chart | None:
    is_time = pen.result.dimensions[0].is_time
    return _columns(pen, is_stacked=True) if is_time else _rows(pen, is_stacked=True)


def _rows(pen: _Pen, *, is_stacked: bool) -> Chart | None:
    is_stacked = is_stacked and bool(pen.result.columns)
    series = [_Series("", "")] if pen.result.columns else pen.series
    rows = range(min(len(pen.result.rows), MOST_ROWS))
    edges = [_stack(pen, at) if is_stacked else _reach(pen, at, series) for at in rows]
    low, high = min(low for low, _high in edges), max(high for _low, high in edges)
    scale = Scale(low, high if high > low else low + 1, ())
    height = ROW + (len(series) - 1) * THIN if len(series) > 1 else ROW
    for at in rows:
        top = at * height
        pen.canvas.text(0, top + 15, _short(pen.result.rows[at].label), look="label")
        pen.canvas.text(100, top + 15, value_words(pen.value(at)), "end", "value")
        if is_stacked:
            _pile(pen, at, scale, top + 22)
        else:
            _bars_of(pen, at, series, scale, top + 22)
    return pen.chart("bars", len(rows) * height, legend=pen.legend() if is_stacked or len(series) > 1 else ())


def _reach(pen: _Pen, at: int, series: list[_Series]) -> tuple[float, float]:
    """How far the figures of a row reach below and above zero."""
    values = [pen.number(at, ALL, one.figure) for one in series]
    return min(0.0, *values, 0.0), max(0.0, *values, 0.0)


def _bars_of(pen: _Pen, at: int, series: list[_Series], scale: Scale, y: float) -> None:
    """One bar in one colour, unless the choices bring their own; several figures below each other."""
    for place, one in enumerate(series):
        start, end = sorted((scale.share(0), scale.share(pen.number(at, ALL, one.figure))))
        tone = one.tone if len(series) > 1 else pen.tone(0, 0, pen.result.rows[at])
        thickness = THIN if len(series) > 1 else BAR
        words, href = pen.words(at, ALL, one.figure), pen.drill.href(at)
        pen.canvas.box(start * 100, y + place * THIN, (end - start) * 100, thickness, tone, words, href)


def _stack(pen: _Pen, at: int) -> tuple[float, float]:
    """How far the parts of a row reach below and above zero."""
    parts = [pen.number(at, column) for column in range(len(pen.result.columns))]
    return sum(min(0, one) for one in parts), sum(max(0, one) for one in parts)


def _parts(pen: _Pen, at: int) -> list[tuple[int, float, float]]:
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


def _pile(pen: _Pen, at: int, scale: Scale, y: float) -> None:
    for column, low, high in _parts(pen, at):
        start, end = scale.share(low) * 100, scale.share(high) * 100
        tone = pen.tone(column, 1, pen.result.columns[column])
        pen.canvas.box(start, y, end - start, BAR, tone, pen.words(at, column), pen.drill.href(at, column))


def _columns(pen: _Pen, *, is_stacked: bool) -> Chart | None:
    """Upright columns along time."""
    is_stacked = is_stacked and bool(pen.result.columns)
    count = len(pen.result.rows)
    if count > MOST_COLUMNS:
        return _lines(pen)
    series = [_Series("", TONES[0])] if pen.result.columns else pen.series
    edges = [_stack(pen, at) if is_stacked else _reach(pen, at, series) for at in range(count)]
    scale = scale_of([edge for pair in edges for edge in pair])
    slot = 100 / count
    for at in range(count):
        if is_stacked:
            _upright_pile(pen, at, scale, (at + 0.15) * slot, slot * 0.7)
        else:
            _upright(pen, at, series, scale, (at + 0.15) * slot, slot * 0.7)
    _axes(pen, scale, [(at + 0.5) * slot for at in range(count)])
    return _plotted(pen, "columns", scale, is_stacked or len(series) > 1)


def _upright_pile(pen: _Pen, at: int, scale: Scale, x: float, width: float) -> None:
    for column, low, high in _parts(pen, at):
        tone = pen.tone(column, 1, pen.result.columns[column])
        top, bottom = _down(scale, high), _down(scale, low)
        words, href = pen.words(at, column), pen.drill.href(at, column)
        pen.canvas.box(x, top, width, bottom - top, tone, words, href)


def _upright(pen: _Pen, at: int, series: list[_Series], scale: Scale, x: float, width: float) -> None:
    """The figures of a time beside each other."""
    each = width / len(series)
    for place, one in enumerate(series):
        value = pen.number(at, ALL, one.figure)
        top, bottom = _down(scale, max(0.0, value)), _down(scale, min(0.0, value))
        words, href = pen.words(at, ALL, one.figure), pen.drill.href(at)
        pen.canvas.box(x + place * each, top, each, bottom - top, one.tone, words, href)


def _lines(pen: _Pen) -> Chart | None:
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


def _axes(pen: _Pen, scale: Scale, across: list[float]) -> None:
    for tick in scale.ticks:
        pen.canvas.text(0, _down(scale, tick) - 4, pen.axis_words(tick), look="tick")
    for at in labelled(len(across)):
        pen.canvas.text(across[at], PLOT_TOP + PLOT + 18, pen.place_words(at), "middle", "tick")


def _plotted(pen: _Pen, kind: str, scale: Scale, has_series: bool) -> Chart:
    rules = tuple(_down(scale, tick) for tick in scale.ticks)
    legend = pen.legend() if has_series else ()
    return pen.chart(kind, PLOT_TOP + PLOT + 26, plot=(PLOT_TOP, PLOT), rules=rules, legend=legend)


def _ring(pen: _Pen) -> Chart | None:
    """A ring of shares; what is not above zero has none."""
    values = [max(0.0, value) for value in pen.values]
    whole = sum(values)
    if not whole:
        return None
    slices, legend, start = [], [], 0.0
    for at, (group, value) in enumerate(zip(pen.result.rows, values, strict=True)):
        share = value * 100 / whole
        tone, href = pen.tone(at, 0, group), pen.drill.href(at)
        words = f"{pen.words(at)} ({percent_words(Decimal(repr(round(share, 1))))})"
        if share:
            slices.append(Slice(f"{-start:.3f}", f"{share:.3f} {100 - share:.3f}", tone, words, href))
        legend.append(Entry(group.label, tone, value_words(pen.value(at)), href))
        start += share
    return pen.chart("ring", 0, slices=tuple(slices), legend=tuple(legend))


def _funnel(pen: _Pen) -> Chart | None:
    """Bars in the middle, each with its share of the one before."""
    rows = range(min(len(pen.result.rows), MOST_ROWS))
    values = [max(0.0, pen.number(at)) for at in rows]
    most = max(values)
    if not most:
        return None
    for at in rows:
        top, width = at * ROW, values[at] * 100 / most
        pen.canvas.text(0, top + 15, _short(pen.result.rows[at].label), look="label")
        said = value_words(pen.value(at))
        if at and values[at - 1]:
            said += f" · {percent_words(Decimal(repr(round(values[at] * 100 / values[at - 1], 1))))}"
        pen.canvas.text(100, top + 15, said, "end", "value")
        tone = pen.tone(0, 0, pen.result.rows[at])
        pen.canvas.box((100 - width) / 2, top + 22, width, BAR, tone, pen.words(at), pen.drill.href(at))
    return pen.chart("bars", len(rows) * ROW)


def _kind_of(figure: AnyFigure) -> str:
    """Figures of one kind can be compared by the length of their bars; nothing for one that stands alone."""
    if isinstance(figure, Quotient):
        return ""
    return "money" if figure.is_money else "count" if figure.how in ("count", "distinct") else ""


def _short(label: str) -> str:
    return label if len(label) <= 34 else label[:33].rstrip() + "…"


_KINDS: dict[str, Callable[[_Pen], Chart | None]] = {
    "bar": _bars, "stacked": _stacked, "line": _lines, "donut": _ring, "funnel": _funnel,
}  # fmt: skip
