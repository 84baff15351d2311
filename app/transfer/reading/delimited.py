"""Delimited text -> numbered records, however badly it is quoted, a few lines in memory at a time."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")

_NEWLINE = re.compile(r"\r\n|\n|\r")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?$', re.IGNORECASE)
_MOST_CONTINUATION_LINES = 1000
_MOST_RUNAWAYS = 50
_LONGEST_SIMPLE = 100_000
"""Below the csv module's own limit of a cell."""
LONGEST_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record and the line it begins at; `problem` is "quote" or "size" when it cannot be read."""

    line: int
    cells: list[str]
    problem: str = ""


def lines_of(text: str) -> list[str]:
    """The physical lines of a text, whatever its line ends."""
    lines = _NEWLINE.split(text)
    if lines and not lines[-1]:
        lines.pop()
    return lines


def separator_line(text: str) -> tuple[str | None, int]:
    """The delimiter Excel's first line "sep=;" announces, and how many lines it takes."""
    first = _NEWLINE.split(text[:20], maxsplit=1)[0]
    announced = _SEPARATOR_LINE.match(first.strip(" "))
    return (announced.group(1), 1) if announced else (None, 0)


def records(lines: Iterable[str], delimiter: str, skip: int = 0) -> Iterator[Record]:
    """The records of the lines (without their ends) after `skip` of them, blank ones included; never raises.

    A quotation that is opened and not closed is reported for its own line alone: the lines after it are read.
    """
    source, ahead = iter(lines), deque[str]()
    for _line in range(skip):
        next(source, None)
    ends_open = _quotation_scanner(delimiter)
    at, runaways = skip + 1, 0
    while ahead or (line := next(source, None)) is not None:
        if not ahead:
            ahead.append(line)  # type: ignore[arg-type]
        reach = _MOST_CONTINUATION_LINES if runaways < _MOST_RUNAWAYS else 1
        size = _record_size(ahead, source, reach, ends_open)
        if size is None:
            runaways += 1
            ahead.popleft()
            yield Record(at, [], "quote")
            at += 1
        else:
            yield _parsed(at, [ahead.popleft() for _line in range(size)], delimiter)
            at += size


def _record_size(
    ahead: deque[str], source: Iterator[str], reach: int, ends_open: Callable[[str, bool], bool]
) -> int | None:
    """How many lines the record takes that begins with the first line ahead; None when it never ends."""
    is_open = False
    for at in range(reach):
        if at == len(ahead):
            following = next(source, None)
            if following is None:
                return None
            ahead.append(following)
        if '"' in ahead[at]:
            is_open = ends_open(ahead[at], is_open)
        if not is_open:
            return at + 1
    return None


def _parsed(line: int, physical: list[str], delimiter: str) -> Record:
    if any(len(part) >= LONGEST_LINE for part in physical):
        return Record(line, [], "size")
    if len(physical) == 1 and '"' not in physical[0] and len(physical[0]) < _LONGEST_SIMPLE:
        return Record(line, physical[0].split(delimiter) if physical[0] else [])
    try:
        rows = list(csv.reader([f"{part}\n" for part in physical], delimiter=delimiter))
    except csv.Error:
        return Record(line, [], "size")
    return Record(line, rows[0] if rows else [])


def _quotation_scanner(delimiter: str) -> Callable[[str, bool], bool]:
    """Tells whether a quotation is open at the end of a line, by the csv module's own rules."""
    bar = re.escape(delimiter)
    cell = re.compile(rf'"(?P<quoted>(?:[^"]++|"")*+)(?P<closed>"(?:[^{bar}]*)(?:{bar}|$))?|[^{bar}]*(?:{bar}|$)')

    def ends_open(line: str, is_open: bool) -> bool:
        text = f'"{line}' if is_open else line
        at = 0
        while at < len(text):
            match = cell.match(text, at)
            if match is None:
                return False
            if match.group("quoted") is not None and match.group("closed") is None:
                return True
            at = match.end()
        return False

    return ends_open
