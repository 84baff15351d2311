"""People from the files other products export: Google Contacts and Outlook as CSV, vCard from anywhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from flask_babel import gettext as _

from app.contacts.dialects.cells import Cells, normalised
from app.contacts.dialects.draft import Draft
from app.contacts.dialects.google import is_google, read_google
from app.contacts.dialects.outlook import is_outlook, read_outlook
from app.contacts.dialects.people import Address, Channel, ChannelKind, Person, Row, UnknownDialect
from app.contacts.dialects.vcard import is_vcard, read_vcards
from app.transfer.reading.delimited import DELIMITERS, Record, lines_of, records, separator_line
from app.transfer.reading.encodings import decode, decode_folded

__all__ = ["Address", "Channel", "ChannelKind", "Person", "Row", "UnknownDialect", "is_people", "read_people"]

_SAYS_NOTHING = frozenset({"unspecified", "0/0/00", "normal"})


class _Table(NamedTuple):
    records: Iterator[Record]
    headings: list[str]
    read: Callable[[Cells, Draft], None]


def read_people(path_or_bytes: Path | str | bytes, region: str) -> Iterator[Row]:
    """The rows of a file, each a person or the reason why not, in the order of the file.

    `region` is the country of numbers without country code and decides between 2/1 and 1/2 in dates.
    Raises UnknownDialect at once when the file cannot be opened or is none we can read, and nothing else,
    neither now nor while the rows are read. The file is held in memory; sentences are in the language of the caller.
    """
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else _content(Path(path_or_bytes))
    _refuse_other_formats(data)
    text = decode(data)
    if not text.strip():
        raise UnknownDialect(_("The file is empty."))
    if is_vcard(text):
        return read_vcards(decode_folded(data), region)
    return _read_table(_table(text), region)


def is_people(head: bytes) -> bool:
    """Whether a file that begins like this is an address book that `read_people` knows."""
    try:
        _refuse_other_formats(head)
        text = decode(head)
        return is_vcard(text) or bool(text.strip() and _table(text))
    except UnknownDialect:
        return False


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UnknownDialect(_("We cannot open the file “%(name)s”.", name=path.name)) from error


def _refuse_other_formats(data: bytes) -> None:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnknownDialect(
            _("This is a workbook or an archive, not a list of contacts. Please save it as CSV and try again.")
        )
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"GIF8")):
        raise UnknownDialect(_("This is not a list of contacts. Please choose a CSV or vCard file."))


def _table(text: str) -> _Table:
    announced, skip = separator_line(text)
    for delimiter in [announced] if announced else DELIMITERS:
        rows = records(lines_of(text), delimiter, skip)
        first = next((record for record in rows if any(map(str.strip, record.cells))), None)
        headings = [normalised(cell) for cell in first.cells] if first else []
        for recognises, read in ((is_google, read_google), (is_outlook, read_outlook)):
            if recognises(headings):
                return _Table(rows, headings, read)
    raise UnknownDialect(
        _(
            "We do not recognise the headings of this file. "
            "Please export it from Google Contacts or Outlook as CSV, or from any address book as vCard."
        )
    )


def _read_table(table: _Table, region: str) -> Iterator[Row]:
    for record in table.records:
        draft = Draft(record.line, region)
        reason = _reason_to_refuse(record)
        if reason:
            yield draft.refused(reason)
            continue
        cells = Cells(table.headings, record.cells)
        table.read(cells, draft)
        for heading in cells.headings():
            for value in cells.take_all(heading):
                if value.casefold() not in _SAYS_NOTHING:
                    draft.aside(heading.capitalize(), value)
        draft.surplus(cells.surplus)
        yield draft.row()


def _reason_to_refuse(record: Record) -> str | None:
    if record.problem == "quote":
        return str(_("a quotation mark is opened and never closed."))
    if record.problem == "size":
        return str(_("a value is too long to be read."))
    if not any(map(str.strip, record.cells)):
        return str(_("the line is empty."))
    return None
