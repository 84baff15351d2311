"""What all kinds of charts are drawn with: the figures of a result, their words, colours and addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from flask_babel import ngettext

from app.reports.charts.picture import OTHERS, TONES, Chart, Kind, Number, Point, Series
from app.reports.drilling import Drill
from app.reports.measures import AnyFigure, Quotient
from app.reports.result import ALL, Group, Result, Value
from app.reports.running import ranking
from app.reports.words import short_time_label, value_words
from app.screens.kinds import reader


@dataclass(frozen=True, slots=True)
class Strand:
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
    title: str

    @property
    def values(self) -> list[float]:
        """The first figure of every row, over all columns."""
        return [self.number(at) for at in range(len(self.result.rows))]

    @cached_property
    def strands(self) -> list[Strand]:
        """The groups of the second dimension; of one dimension the figures that can stand side by side."""
        if self.result.columns:
            return [Strand(one.label, self.tone(at, 1, one), at) for at, one in enumerate(self.result.columns)]
        kind = _kind_of(self.result.figures[0])
        same = [at for at, one in enumerate(self.result.figures) if not at or (kind and _kind_of(one) == kind)]
        return [Strand(self.result.figures[at].label, TONES[place], figure=at) for place, at in enumerate(same)]

    @property
    def whole(self) -> Strand:
        """The first figure, over all columns."""
        return Strand(self.result.figures[0].label, TONES[0])

    def number(self, row: int, column: int = ALL, figure: int = 0) -> float:
        return float(ranking(self.value(row, column, figure)))

    def value(self, row: int, column: int = ALL, figure: int = 0) -> Value:
        return self.result.cell(row, column).values[figure]

    def tone(self, at: int, place: int, group: Group) -> str:
        """The colour of a group: its choice's own, or the next one."""
        if group.is_others or group.key is None:
            return OTHERS
        choices = self.result.dimensions[place].field.choices
        declared = next((one.colour for one in choices if one.value == group.key), None)
        return declared or TONES[at % len(TONES)]

    def series(self, strand: Strand, rows: Iterable[int], tones: Iterable[str] = ()) -> Series:
        """The points of a strand; `tones` where each has its own."""
        own = dict(enumerate(tones))
        points = (
            Point(
                self.number(at, strand.column, strand.figure),
                value_words(self.value(at, strand.column, strand.figure)),
                self.drill.href(at, strand.column),
                own.get(at, ""),
            )
            for at in rows
        )
        return Series(strand.label, strand.tone, tuple(points))

    def chart(self, kind: Kind, rows: range, series: Iterable[Series], *, is_stacked: bool = False) -> Chart:
        """A chart of these series over so many rows."""
        dimension = self.result.dimensions[0]
        words = ngettext(
            "%(figure)s, in %(num)s group. The table below has every figure.",
            "%(figure)s, in %(num)s groups. The table below has every figure.",
            len(self.result.rows),
            figure=self.result.figures[0].label,
        )
        names = [self.place_words(at) if dimension.is_time else self.result.rows[at].label for at in rows]
        ends = [value_words(self.value(at)) for at in rows]
        return Chart(kind, self.title, words, tuple(names), tuple(ends), tuple(series), is_stacked, self.unit)

    def place_words(self, at: int) -> str:
        """What stands below a place on the axis of time: as short as tells it apart."""
        row = self.result.rows[at]
        is_short = at > 0 and isinstance(row.key, date)
        return short_time_label(self.result.dimensions[0], row.key) if is_short else row.label

    @property
    def unit(self) -> str:
        figure = self.result.figures[0]
        return "%" if isinstance(figure, Quotient) else reader().currency if figure.is_money else ""

    def numbers(self) -> Chart:
        """The figures over all, where nothing is grouped."""
        href, values = self.drill.href(), self.result.total.values
        pairs = zip(self.result.figures, values, strict=True)
        return Chart("number", self.title, numbers=tuple(Number(one.label, value_words(v), href) for one, v in pairs))


def _kind_of(figure: AnyFigure) -> str:
    """Figures of one kind can be compared by the length of their bars; nothing for one that stands alone."""
    if isinstance(figure, Quotient):
        return ""
    return "money" if figure.is_money else "count" if figure.how in ("count", "distinct") else ""
