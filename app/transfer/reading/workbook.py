"""XLSX, row by row: the archive is looked through before anything of it is believed; formulas are not evaluated."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any
from xml.etree.ElementTree import ParseError

import openpyxl
from flask_babel import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from app.transfer.reading.lines import Line, Unreadable

MOST_MEMBERS = 2_000
MOST_BYTES = 1_000_000_000
"""Of all members together, unpacked."""
MOST_RATIO = 250
"""Unpacked to packed; a real sheet that repeats one value all over comes to less."""
_CHUNK = 256 * 1024
_FORBIDDEN = tuple(text.encode(code) for text in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", "utf-16-le"))
_BROKEN = (
    zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError, ParseError,
    OSError, EOFError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip
"""What openpyxl and zipfile raise for workbooks that are none."""


def sheets(file: IO[bytes]) -> list[str]:
    """The names of the sheets of a sound workbook. Raises Unreadable for any other file."""
    check_archive(file)
    with _opened(file) as book:
        names = [sheet.title for sheet in book.worksheets]
    if not names:
        raise Unreadable(_("The workbook has no sheet."))
    return names


def lines(file: IO[bytes], sheet: str) -> Iterator[Line]:
    """The rows of a sheet (the first, when there is none of that name), blank ones included."""
    check_archive(file)
    with _opened(file) as book:
        found = next((one for one in book.worksheets if one.title == sheet), None) or book.worksheets[0]
        found.reset_dimensions()  # what the file says of its size is not to be trusted
        try:
            for number, row in enumerate(found.iter_rows(values_only=True), 1):
                yield Line(number, [_text(value) for value in row])
        except _BROKEN as error:
            raise Unreadable(_("The workbook is damaged.")) from error


def check_archive(file: IO[bytes]) -> None:
    """Refuse bombs and definitions of entities: every member is unpacked once, in pieces, and counted."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise Unreadable(_("The workbook has too many parts."))
            packed = max(sum(member.compress_size for member in members), 1)
            most = min(MOST_BYTES, packed * MOST_RATIO + 10_000_000)
            total = 0
            for member in members:
                total += _unpacked(archive, member, most - total)
    except Unreadable:
        raise
    except _BROKEN as error:
        raise Unreadable(_("The workbook is damaged, or protected by a password.")) from error


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> int:
    size, tail = 0, b""
    is_xml = member.filename.lower().endswith((".xml", ".rels", ".vml"))
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise Unreadable(_("The workbook is too large once it is unpacked."))
            if is_xml and any(mark in tail + chunk for mark in _FORBIDDEN):
                raise Unreadable(_("The workbook holds definitions that no spreadsheet program writes."))
            tail = chunk[-20:]
    return size


class _opened:  # noqa: N801
    """A workbook for reading, closed at the end."""

    def __init__(self, file: IO[bytes]) -> None:
        file.seek(0)
        try:
            self.book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except _BROKEN as error:
            raise Unreadable(_("The workbook is damaged, or protected by a password.")) from error

    def __enter__(self) -> Any:
        return self.book

    def __exit__(self, *error: object) -> None:
        self.book._archive = None  # the file is the caller's
        self.book = None


def _text(value: Any) -> str:
    """A cell as it would be typed into a form."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, (date, time)) else str(value)
