"""Tables: as wide as the page, heads repeated on each, rows that stay whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from app.paper.lines import Line, broken, readable
from app.paper.shaping import Shaper
from app.paper.sheet import INK, LEADING, RULE, SOFT, Colour, Sheets

SIZES = (8.5, 7.5, 6.5, 5.5)
"""Sizes of letters, from the one that is liked best to the one that many columns need."""
PAD_X, PAD_Y = 5.0, 2.6
SAMPLE = 300
"""Rows that are looked at to find the widths of columns."""
MOST_LINES = 8
WASH: Colour = (243, 245, 249)
_NARROW, _WIDE = 34.0, 230.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, and whether it holds figures, which stand at its end."""

    label: str
    is_number: bool = False


Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of the letters and the width of each column."""

    size: float
    widths: tuple[float, ...]


def natural_widths(
    shaper: Shaper, columns: Sequence[Column], rows: Sequence[Cells], bold: Sequence[Cells], size: float
) -> list[float]:
    """What each column would take if nothing were broken, up to what is good to read."""
    found = []
    for at, column in enumerate(columns):
        cells = sorted(_width(shaper, row[at], size) for row in rows) or [0.0]
        usual = cells[-1 - len(cells) // 50]  # a few long ones may be broken
        thick = max(_width(shaper, text, size) for text in (column.label, *(row[at] for row in bold))) * 1.04
        found.append(min(max(usual, thick, _NARROW) + 2 * PAD_X, _WIDE))
    return found


def _width(shaper: Shaper, text: str, size: float) -> float:
    first = readable(text).partition("\n")[0][:200]
    return shaper.line(first, False).width * size / 1000


def plan(shaper: Shaper, columns: Sequence[Column], rows: Sequence[Cells], bold: Sequence[Cells], room: float) -> Plan:
    """Widths that fill the room. Where it is short, letters become smaller, then the widest columns narrower."""
    for size in SIZES:
        widths = natural_widths(shaper, columns, rows, bold, size)
        if sum(widths) <= room * 1.15 or size == SIZES[-1]:
            return Plan(size, tuple(_filled(widths, room)))
    raise AssertionError


def _filled(widths: list[float], room: float) -> list[float]:
    total = sum(widths)
    if total <= room:
        return [width * room / total for width in widths]
    limit = _cap(widths, room)
    return [min(width, limit) for width in widths]


def _cap(widths: list[float], room: float) -> float:
    """The greatest width at which all columns, none wider than it, fit."""
    left, ordered = room, sorted(widths)
    for at, width in enumerate(ordered):
        share = left / (len(ordered) - at)
        if width > share:
            return share
        left -= width
    return ordered[-1]


class Table:
    """One table on its way to paper. Rows may be endless: a few are looked at for the widths, the rest pass through."""

    def __init__(
        self, sheets: Sheets, columns: Sequence[Column], rows: Iterable[Cells], totals: Sequence[Cells] = ()
    ) -> None:
        self.sheets, self.columns, self.totals = sheets, columns, totals
        self.rest = iter(rows)
        self.first = list(islice(self.rest, SAMPLE))
        self.plan = plan(sheets.shaper, columns, self.first, totals, sheets.width)
        self.starts = [sum(self.plan.widths[:at]) for at in range(len(columns))]

    def write(self) -> int:
        """Write all rows, then the totals; returns how many rows there were."""
        count = 0
        self._head(is_first=True)
        for rows in (self.first, self.rest):
            for row in rows:
                self._row(row, count)
                count += 1
        for row in self.totals:
            self._total(row)
        return count

    def _total(self, row: Cells) -> None:
        """A last row that stands out."""
        lines = self._broken(row)
        height = self._height(lines)
        if self.sheets.need(height + 2):
            self._head(is_first=False)
        self.sheets.rule(self.sheets.y, SOFT, 0.8)
        self._show(lines, height, bold=True)

    def _head(self, *, is_first: bool) -> None:
        lines = self._broken([column.label for column in self.columns])
        height = self._height(lines)
        if is_first:
            self.sheets.need(height * 3)
        sheets = self.sheets
        sheets.fill(0, sheets.width, sheets.y, height, WASH)
        if is_first:
            self._show(lines, height, bold=True, colour=SOFT)
        else:
            with sheets.aside():
                self._put(lines, bold=True, colour=SOFT)
            sheets.y += height
        sheets.rule(sheets.y, sheets.letterhead.accent, 0.7)

    def _row(self, row: Cells, number: int) -> None:
        lines = self._broken(row)
        height = self._height(lines)
        if self.sheets.need(height):
            self._head(is_first=False)
        elif number:
            self.sheets.rule(self.sheets.y, RULE, 0.4)
        self._show(lines, height)

    def _show(
        self, lines: Sequence[Sequence[Line]], height: float, *, bold: bool = False, colour: Colour = INK
    ) -> None:
        with self.sheets.part("P"):
            self._put(lines, bold=bold, colour=colour)
        self.sheets.y += height

    def _put(self, lines: Sequence[Sequence[Line]], *, bold: bool, colour: Colour) -> None:
        sheets, size = self.sheets, self.plan.size
        for at, cell in enumerate(lines):
            start, width, y = self.starts[at] + PAD_X, self.plan.widths[at] - 2 * PAD_X, sheets.y + PAD_Y + size
            for line in cell:
                is_end = self.columns[at].is_number
                sheets.text(line, start, width, y, size, bold=bold, colour=colour, at_end=is_end)
                y += size * LEADING

    def _broken(self, row: Cells) -> list[list[Line]]:
        sheets, size = self.sheets, self.plan.size
        return [
            broken(sheets.shaper, text, width - 2 * PAD_X, size, MOST_LINES) if text else []
            for text, width in zip(row, self.plan.widths, strict=True)
        ]

    def _height(self, lines: Sequence[Sequence[Line]]) -> float:
        most = max((len(cell) for cell in lines), default=1) or 1
        return most * self.plan.size * LEADING + 2 * PAD_Y
