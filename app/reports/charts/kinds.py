"""The kinds of charts: bars, columns, lines, rings, funnels, numbers. All show the report's first figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from app.reports.charts.axis import Scale, labelled, scale_of
from app.reports.charts.drawing import OTHERS, TONES, Canvas, Chart, Entry, Slice
from app.reports.drilling import Drill
from app.reports.measures import Quotient
from app.reports.result import ALL, Group, Result, Value
from app.reports.running import ranking
from app.reports.words import percent_words, short_time_label, short_words, value_words

ROW, BAR = 46, 14
"""Pixels of a bar with its label, and of the bar alone."""
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

    def number(self, row: int, column: int = ALL) -> float:
        return float(ranking(self.value(row, column)))

    def value(self, row: int, column: int = ALL) -> Value:
        return self.result.cell(row, column).values[0]

    def words(self, row: int, column: int = ALL) -> str:
        """`Riyadh, Won: 12`."""
        named = [self.result.rows[row].label] + ([self.result.columns[column].label] if column != ALL else [])
        return f"{', '.join(named)}: {value_words(self.value(row, column))}"

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
        return row.label if row.key is None else short_time_label(self.result.dimensions[0], row.key)

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
        groups = enumerate(self.result.columns)
        return tuple(Entry(one.label, self.tone(at, 1, one), href=self.drill.href(ALL, at)) for at, one in groups)

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
    rows = range(min(len(pen.result.rows), MOST_ROWS))
    totals = [_stack(pen, at) if is_stacked else (min(0, v := pen.number(at)), max(0, v)) for at in rows]
    scale = scale_of([edge for pair in totals for edge in pair])
    low, high = min(edge for edge, _top in totals), max(top for _edge, top in totals)
    scale = Scale(min(low, 0), max(high, 0) or 1, scale.ticks)
    for at in rows:
        top = at * ROW
        pen.canvas.text(0, top + 15, _short(pen.result.rows[at].label), look="label")
        pen.canvas.text(100, top + 15, value_words(pen.value(at)), "end", "value")
        if is_stacked:
            _pile(pen, at, scale, top + 22)
        else:
            _bar(pen, at, scale, top + 22)
    return pen.chart("bars", len(rows) * ROW, legend=pen.legend() if is_stacked else ())


def _bar(pen: _Pen, at: int, scale: Scale, y: float) -> None:
    value = pen.number(at)
    start, end = sorted((scale.share(0), scale.share(value)))
    tone = pen.tone(0, 0, pen.result.rows[at])  # one colour, unless the choices bring their own
    pen.canvas.box(start * 100, y, (end - start) * 100, BAR, tone, pen.words(at), pen.drill.href(at))


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
    edges = [_stack(pen, at) if is_stacked else (0.0, pen.number(at)) for at in range(count)]
    scale = scale_of([edge for pair in edges for edge in pair])
    slot = 100 / count
    for at in range(count):
        pieces = _parts(pen, at) if is_stacked else [(ALL, min(0.0, pen.number(at)), max(0.0, pen.number(at)))]
        for column, low, high in pieces:
            tone = pen.tone(column, 1, pen.result.columns[column]) if column != ALL else TONES[0]
            top, bottom = _down(scale, high), _down(scale, low)
            words, href = pen.words(at, column), pen.drill.href(at, column)
            pen.canvas.box((at + 0.15) * slot, top, slot * 0.7, bottom - top, tone, words, href)
    _axes(pen, scale, [(at + 0.5) * slot for at in range(count)])
    return _plotted(pen, "columns", scale, is_stacked)


def _lines(pen: _Pen) -> Chart | None:
    """A line for each group of the second dimension, or one."""
    count = len(pen.result.rows)
    if count > MOST_POINTS:
        return None
    series: Sequence[int] = range(len(pen.result.columns)) if pen.result.columns else (ALL,)
    scale = scale_of([pen.number(at, column) for at in range(count) for column in series])
    across = [(at + 0.5) * 100 / count for at in range(count)]
    for column in series:
        tone = pen.tone(column, 1, pen.result.columns[column]) if column != ALL else TONES[0]
        points = [(across[at] / 100, 1 - scale.share(pen.number(at, column))) for at in range(count)]
        pen.canvas.path(points, tone)
        for at in range(count):
            if pen.result.cell(at, column).count or count <= MOST_COLUMNS:
                y = _down(scale, pen.number(at, column))
                pen.canvas.dot(across[at], y, tone, pen.words(at, column), pen.drill.href(at, column))
    _axes(pen, scale, across)
    return _plotted(pen, "lines", scale, bool(pen.result.columns))


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


def _short(label: str) -> str:
    return label if len(label) <= 34 else label[:33].rstrip() + "…"


_KINDS: dict[str, Callable[[_Pen], Chart | None]] = {
    "bar": _bars, "stacked": _stacked, "line": _lines, "donut": _ring, "funnel": _funnel,
}  # fmt: skip
