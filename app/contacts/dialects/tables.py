"""Comma-separated text -> numbered records, however badly it is quoted."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")

_NEWLINE = re.compile(r"\r\n|\n|\r")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?$', re.IGNORECASE)
_MOST_CONTINUATION_LINES = 1000
_MOST_RUNAWAYS = 50


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record and the line it begins at; `problem` is "quote" or "size" when it cannot be read."""

    line: int
    cells: list[str]
    problem: str = ""


class Cells:
    """The non-empty cells of a record by normalised heading; a heading may occur more than once."""

    def __init__(self, headings: Sequence[str], cells: Sequence[str]) -> None:
        self.surplus = tuple(cell.strip() for cell in cells[len(headings) :] if cell.strip())
        self._values: dict[str, list[str]] = {}
        for heading, cell in zip(headings, cells, strict=False):
            if value := cell.strip():
                self._values.setdefault(heading, []).append(value)

    def take(self, *headings: str) -> str:
        """The first value under these headings, which counts as used with all that repeat it; else ""."""
        taken = next((self._values[heading][0] for heading in headings if heading in self._values), "")
        for heading in headings:
            rest = [value for value in self._values.pop(heading, []) if value != taken]
            if rest:
                self._values[heading] = rest
        return taken

    def take_all(self, heading: str) -> list[str]:
        """Every value under a heading, which counts as used."""
        return self._values.pop(heading, [])

    def headings(self) -> list[str]:
        """Headings with values nobody has used yet, in their order."""
        return list(self._values)

    def __bool__(self) -> bool:
        return bool(self._values or self.surplus)


def normalised(heading: str) -> str:
    """A heading as the dialects name it: lower case, single spaces, "email" as "e-mail", straight apostrophes."""
    text = " ".join(heading.replace("’", "'").replace("\ufeff", "").split()).casefold()
    return re.sub(r"\bemail\b", "e-mail", text)


def separator_line(text: str) -> tuple[str | None, int]:
    """The delimiter Excel's first line "sep=;" announces, and how many lines it takes."""
    first = _NEWLINE.split(text[:20], maxsplit=1)[0]
    announced = _SEPARATOR_LINE.match(first.strip(" "))
    return (announced.group(1), 1) if announced else (None, 0)


def records(text: str, delimiter: str, skip: int = 0) -> Iterator[Record]:
    """The records of the text after `skip` lines, blank ones included; never raises.

    A quotation that is opened and not closed is reported for its own line alone: the lines after it are read.
    """
    lines = _NEWLINE.split(text)
    if lines and not lines[-1]:
        lines.pop()
    ends_open = _quotation_scanner(delimiter)
    at, runaways = skip, 0
    while at < len(lines):
        reach = _MOST_CONTINUATION_LINES if runaways < _MOST_RUNAWAYS else 1
        end = _record_end(lines, at, reach, ends_open)
        if end is None:
            runaways += 1
            yield Record(at + 1, [], "quote")
            at += 1
        else:
            yield _parsed(at + 1, lines[at:end], delimiter)
            at = end


def _record_end(lines: list[str], start: int, reach: int, ends_open: Callable[[str, bool], bool]) -> int | None:
    is_open = False
    for at in range(start, min(start + reach, len(lines))):
        line = lines[at]
        if '"' in line:
            is_open = ends_open(line, is_open)
        if not is_open:
            return at + 1
    return None


def _parsed(line: int, physical: list[str], delimiter: str) -> Record:
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
