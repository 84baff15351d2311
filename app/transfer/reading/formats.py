"""What a file is: found by its content first and its name second, changeable by the person, then opened as a table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import IO, Any, Literal

from flask_babel import gettext as _

from app.transfer.reading import jsons, workbook
from app.transfer.reading.delimited import DELIMITERS, LONGEST_LINE, records, separator_line
from app.transfer.reading.encodings import detect_encoding
from app.transfer.reading.headers import looks_like_heading
from app.transfer.reading.lines import MOST_COLUMNS, Line, Table, Unreadable, checked, headings_of, numbered

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp1256")
_SAMPLE = 200
_HEAD = 64 * 1024
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"GIF8", b"\xd0\xcf\x11\xe0", b"7z\xbc\xaf", b"Rar!")


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is to be read. `kind` may also be the name of a dialect, which needs nothing else."""

    kind: Literal["csv", "xlsx", "json"] | str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    has_header: bool = True
    nested: tuple[str, ...] = ()
    """Names that hold rows of their own, in JSON: the collections of the resource."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def changed(self, encoding: str, delimiter: str, sheet: str, *, has_header: bool) -> Format:
        """With a person's choices, as far as they are choices."""
        return replace(
            self,
            encoding=encoding if encoding in ENCODINGS else self.encoding,
            delimiter=delimiter if delimiter in DELIMITERS else self.delimiter,
            sheet=sheet,
            has_header=has_header,
        )


def detect(file: IO[bytes], nested: tuple[str, ...] = ()) -> Format:
    """What the file is. Raises Unreadable for what is no table."""
    file.seek(0)
    head = file.read(_HEAD)
    if not head.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise Unreadable(_("The file is empty."))
    if head.startswith(b"PK\x03\x04"):
        sheets = workbook.sheets(file)
        return _with_header(file, Format("xlsx", sheet=sheets[0]))
    if head.startswith(_OTHERS):
        raise Unreadable(_("This is no table. Please choose a CSV, XLSX or JSON file."))
    encoding = detect_encoding(file)
    if jsons.is_json(head.decode(encoding, "replace")):
        return Format("json", encoding, nested=nested)
    return _with_header(file, Format("csv", encoding, _best_delimiter(head.decode(encoding, "replace"))))


def _best_delimiter(text: str) -> str:
    """The delimiter that cuts most records of the sample into the same number of cells, of more than one."""
    announced, _skip = separator_line(text)
    if announced in DELIMITERS:
        return announced
    lines = text.splitlines()[:_SAMPLE]
    if len(text) >= _HEAD // 4 and len(lines) > 1:
        lines.pop()  # it may have been cut by the end of the sample
    return max(DELIMITERS, key=lambda one: _agreement(lines, one))


def _agreement(lines: list[str], delimiter: str) -> tuple[float, int]:
    widths = [len(record.cells) for record in records(lines, delimiter) if record.cells]
    if not widths:
        return 0.0, 0
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual


def _with_header(file: IO[bytes], found: Format) -> Format:
    first = [line.cells for line in islice(_raw(file, found), 2)]
    return replace(found, has_header=bool(first) and looks_like_heading(first[0], first[1] if len(first) > 1 else None))


def open_table(file: IO[bytes], found: Format) -> Table:
    """The table in a file. Raises Unreadable, also while its lines are read; the file must stay open meanwhile."""
    if found.kind == "json":
        headings = jsons.headings(file, found.encoding, found.nested)
        _check_width(len(headings))
        return Table(headings, checked(jsons.lines(file, found.encoding, headings, found.nested), len(headings)))
    lines = _raw(file, found)
    first = next(lines, None)
    if first is None:
        raise Unreadable(_("The file is empty."))
    if found.has_header:
        cells = first.cells
        while cells and not cells[-1].strip():
            cells = cells[:-1]
        headings = headings_of(cells)
    else:
        lines, headings = _chained(first, lines), numbered(len(first.cells))
    _check_width(len(headings))
    return Table(headings, checked(lines, len(headings)))


def _chained(first: Line, lines: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from lines


def _check_width(width: int) -> None:
    if width > MOST_COLUMNS:
        raise Unreadable(_("The file has more than %(count)s columns.", count=MOST_COLUMNS))


def _raw(file: IO[bytes], found: Format) -> Iterator[Line]:
    """The lines that are not blank, headings included."""
    lines = workbook.lines(file, found.sheet) if found.kind == "xlsx" else _delimited(file, found)
    return (line for line in lines if line.problem or any(cell.strip() for cell in line.cells))


def _delimited(file: IO[bytes], found: Format) -> Iterator[Line]:
    file.seek(0)
    head = file.read(100).decode(found.encoding, "replace").removeprefix("\ufeff")
    _announced, skip = separator_line(head)
    for record in records(_text_lines(file, found.encoding), found.delimiter, skip):
        yield Line(record.line, record.cells, _words(record.problem))


def _words(problem: str) -> str:
    if problem == "quote":
        return str(_("A quotation mark is opened and never closed."))
    return str(_("The line is too long to be read.")) if problem else ""


def _text_lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    """Physical lines without their ends. An endless one comes in pieces, so that it cannot fill the memory."""
    file.seek(0)
    reader = io.TextIOWrapper(file, encoding, errors="replace", newline=None)
    try:
        first = True
        while line := reader.readline(LONGEST_LINE):
            yield (line.removeprefix("\ufeff") if first else line).removesuffix("\n")
            first = False
    finally:
        if not file.closed:  # the caller may have gone before us
            reader.detach()
