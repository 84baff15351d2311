"""What every file is read into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

MOST_LINES = 1_000_000
MOST_COLUMNS = 500
LONGEST_CELL = 200_000


class Unreadable(ValueError):
    """The file cannot be read as what it is said to be; the message tells the person what to do instead."""


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of one record and the line (or row, or place in a list) it begins at, the first being 1.

    `problem` is a sentence when the record cannot be used; its cells are then kept as far as they could be read.
    """

    number: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, unique and not empty, and lines that are not blank."""

    headings: tuple[str, ...]
    lines: Iterator[Line]


def headings_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Headings as people can tell them apart: blanks trimmed, empty ones numbered, repeated ones counted."""
    found: dict[str, None] = {}
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.replace("\ufeff", "").replace("\0", "").split())[:200]
        name = name or str(_("Column %(number)s", number=place))
        unique, count = name, 1
        while unique in found:
            count += 1
            unique = f"{name} ({count})"
        found[unique] = None
    return tuple(found)


def numbered(width: int) -> tuple[str, ...]:
    """Headings of a table that has none."""
    return headings_of([""] * width)


def checked(lines: Iterator[Line], width: int) -> Iterator[Line]:
    """Lines of a table that is `width` wide: blank ones left out, short ones filled up, long ones refused.

    Raises Unreadable when there are more than a million.
    """
    for count, line in enumerate(lines):
        if count > MOST_LINES:
            raise Unreadable(_("The file has more than %(count)s lines. Please divide it.", count=f"{MOST_LINES:,}"))
        yield _checked(line, width)


def _checked(line: Line, width: int) -> Line:
    cells, problem = line.cells, line.problem
    if any("\0" in cell for cell in cells):
        cells = [cell.replace("\0", "\ufffd") for cell in cells]
        problem = problem or str(_("The line holds a NUL character, which cannot be stored."))
    if len(cells) > width:
        if any(cell.strip() for cell in cells[width:]):
            problem = problem or str(_("The line has more values than there are headings."))
        cells = cells[:width]
    elif len(cells) < width:
        cells = cells + [""] * (width - len(cells))
    if any(len(cell) > LONGEST_CELL for cell in cells):
        cells = [cell[:LONGEST_CELL] for cell in cells]
        problem = problem or str(_("A value is too long to be read."))
    return Line(line.number, cells, problem)
