"""What all kinds of charts are drawn with: the figures of a result, their words, colours and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from flask_babel import ngettext

from app.reports.charts.drawing import OTHERS, TONES, Canvas, Chart, Entry
from app.reports.drilling import Drill
from app.reports.measures import AnyFigure, Quotient
from app.reports.result import ALL, Group, Result, Value
from app.reports.running import ranking
from app.reports.words import short_time_label, short_words, value_words


@dataclass(frozen=True, slots=True)
class Series:
    """What has a colour and a line of the legend of its own: a group of the second dimension, or a figure."""

    label: str
    tone: str
    column: int = ALL
    figure: int = 0


@dataclass
class Pen:
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
    def series(self) -> list[Series]:
        """The groups of the second dimension; of one dimension the figures that can stand side by side."""
        if self.result.columns:
            return [Series(one.label, self.tone(at, 1, one), at) for at, one in enumerate(self.result.columns)]
        kind = _kind_of(self.result.figures[0])
        same = [at for at, one in enumerate(self.result.figures) if not at or (kind and _kind_of(one) == kind)]
        return [Series(self.result.figures[at].label, TONES[place], figure=at) for place, at in enumerate(same)]

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
        said = ngettext(
            "%(figure)s, in %(num)s group. The table below has every figure.",
            "%(figure)s, in %(num)s groups. The table below has every figure.",
            len(self.result.rows),
            figure=figure.label,
        )
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


def _kind_of(figure: AnyFigure) -> str:
    """Figures of one kind can be compared by the length of their bars; nothing for one that stands alone."""
    if isinstance(figure, Quotient):
        return ""
    return "money" if figure.is_money else "count" if figure.how in ("count", "distinct") else ""


def short(label: str) -> str:
    return label if len(label) <= 34 else label[:33].rstrip() + "…"
