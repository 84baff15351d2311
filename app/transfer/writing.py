"""Rows of an export -> a file: CSV straight from the database, XLSX and JSON row by row, few in memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import xlsxwriter
from flask_babel import gettext as _
from sqlalchemy import Select, Text, cast, func, select, text
from sqlalchemy.orm import Session

from app.screens.kinds import reader
from app.transfer.formula import escaped
from app.transfer.patience import take_time
from app.transfer.selecting import Form, Selected
from app.transfer.targets import Target

FORMATS = ("csv", "xlsx", "json", "pdf")
MIMES = {
    "csv": "text/csv",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMS: dict[str, Form] = {"csv": "safe", "xlsx": "text", "json": "json"}
MOST_ROWS_OF_A_SHEET = 1_048_575
_ROWS_AT_ONCE = 2_000
_BLOCK = 256 * 1024

Progress = Callable[[int], None]


class TooMany(ValueError):
    """The format cannot hold so many rows; the message says what can."""


def write(session: Session, selected: Selected, kind: str, out: IO[bytes], progress: Progress) -> int:
    """Write the file; returns how many rows it has. `progress` is told now and then how many there are."""
    # Moments are written on the reader's clock with their offset, so nothing is lost when the file comes back.
    zone = {"zone": str(reader().zone.key)}
    session.execute(text("SELECT set_config('timezone', :zone, true), set_config('datestyle', 'ISO', true)"), zone)
    take_time(session)
    count = _WRITERS[kind](session, selected, out, progress)
    progress(count)
    return count


def _write_csv(session: Session, selected: Selected, out: IO[bytes], progress: Progress) -> int:
    head = io.StringIO()
    csv.writer(head, quoting=csv.QUOTE_ALL).writerow([escaped(target.label) for target in selected.targets])
    out.write(b"\xef\xbb\xbf" + head.getvalue().encode())
    statement, values = _raw(session, selected.statement)
    count, block = 0, bytearray()
    cursor: Any = session.connection().connection.cursor()
    with cursor, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)", values) as rows:
        for row in rows:
            count += 1
            block += row
            if len(block) > _BLOCK:
                out.write(block)
                block.clear()
                progress(count)
    out.write(block)
    return count


def _raw(session: Session, statement: Select[Any]) -> tuple[str, dict[str, Any]]:
    """The statement as the driver takes it: the one thing that COPY needs and SQLAlchemy has no words for."""
    compiled: Any = statement.compile(dialect=session.connection().dialect, compile_kwargs={"render_postcompile": True})
    values = compiled.construct_params()
    processors = compiled._bind_processors
    return str(compiled), {
        name: processors[name](value) if name in processors else value for name, value in values.items()
    }


def _write_json(session: Session, selected: Selected, out: IO[bytes], progress: Progress) -> int:
    """A list with one object a line."""
    inner = selected.statement.subquery()
    names = [json.dumps(target.path) for target in selected.targets]
    count = 0
    out.write(b"[")
    for row in _rows(session, select(*[cast(func.to_jsonb(column), Text) for column in inner.c])):
        pairs = ", ".join(f"{name}: {value or 'null'}" for name, value in zip(names, row, strict=True))
        out.write(f"{',' if count else ''}\n{{{pairs}}}".encode())
        count += 1
        if count % _ROWS_AT_ONCE == 0:
            progress(count)
    out.write(b"\n]\n")
    return count


def _write_xlsx(session: Session, selected: Selected, out: IO[bytes], progress: Progress) -> int:
    """Texts are text cells, never formulas or links; numbers are numbers as far as a spreadsheet keeps them exact."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book: Any = xlsxwriter.Workbook(out, options)
    try:
        sheet = book.add_worksheet()
        for place, target in enumerate(selected.targets):
            sheet.write_string(0, place, target.label)
        cells = [_cell_of(target) for target in selected.targets]
        count = 0
        for row in _rows(session, selected.statement):
            count += 1
            if count > MOST_ROWS_OF_A_SHEET:
                raise TooMany(_("A sheet has at most %(count)s rows. Please choose CSV.", count=MOST_ROWS_OF_A_SHEET))
            for place, value in enumerate(row):
                if value is not None and value != "":
                    cells[place](sheet, count, place, value)
            if count % _ROWS_AT_ONCE == 0:
                progress(count)
    finally:
        book.close()
    return count


def _cell_of(target: Target) -> Callable[[Any, int, int, str], Any]:
    return _number_cell if target.field.kind in ("integer", "decimal") else _text_cell


def _text_cell(sheet: Any, row: int, place: int, value: str) -> None:
    sheet.write_string(row, place, value[:_LONGEST_CELL])


def _number_cell(sheet: Any, row: int, place: int, value: str) -> None:
    """A spreadsheet keeps fifteen digits; what it would write another way stays whole as a text."""
    if len(value) <= _EXACT_DIGITS and value in (f"{float(value):g}", f"{float(value):.0f}"):
        sheet.write_number(row, place, float(value))
    else:
        sheet.write_string(row, place, value)


_LONGEST_CELL = 32_767
_EXACT_DIGITS = 15


def _rows(session: Session, statement: Any) -> Iterator[Sequence[Any]]:
    """Rows by a cursor of the server's."""
    sent, values = _raw(session, statement)
    cursor: Any = session.connection().connection.cursor(name="tenantry_export")
    with cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(sent, values)
        yield from cursor


_WRITERS = {"csv": _write_csv, "xlsx": _write_xlsx, "json": _write_json}
