"""Google Contacts, Outlook and vCard as a dialect of imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import IO, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.contacts.dialects import Address, Channel, Person, Row, UnknownDialect, is_people, read_people
from app.contacts.importing.outcome import count
from app.contacts.importing.placing import place_people
from app.host import Dialect
from app.transfer.placing import Placed
from app.transfer.reading import Line, Unreadable


def address_book() -> Dialect:
    """The declaration: contacts from the address books of others."""
    return Dialect(
        "address_book", _l("Address book (Google, Outlook, vCard)"), "contacts.contact",
        recognises=is_people, read=_read, placer=PeoplePlacer,
    )  # fmt: skip


def _read(file: IO[bytes], region: str) -> Iterator[Line]:
    file.seek(0)
    try:
        rows = read_people(file.read(), region)
    except UnknownDialect as error:
        raise Unreadable(str(error)) from error
    return (Line(row.line, {"person": row.person, "warnings": row.warnings}, row.error or "") for row in rows)  # type: ignore[arg-type]


class PeoplePlacer:
    """Places staged people. `source` is noted at each new contact: the name of the file."""

    def __init__(self, region: str, source: str) -> None:
        self.source = source[:100]

    def place(self, session: Session, lines: Sequence[tuple[int, Any]]) -> Placed:
        """Store a chunk; see `app.transfer.placing.Placed`."""
        outcomes, changes = place_people(session, [_row(line, cells) for line, cells in lines], self.source)
        counts = count(outcomes)
        placed = Placed(counts["added"], counts["completed"], counts["unchanged"], changes=changes)
        for one in outcomes:
            if one.remarks:
                kept = placed.failed if one.what == "reported" else placed.remarks
                kept[one.line] = [("", words) for words in one.remarks]
        return placed


def _row(line: int, cells: dict[str, Any]) -> Row:
    """A row from what was staged of it."""
    return Row(line, _person(cells["person"]), warnings=tuple(cells["warnings"]))


def _person(data: dict[str, Any]) -> Person:
    birthday = data["birthday"]
    texts = {name: tuple(data[name]) for name in ("tags", "notes", "unreadable")}
    return Person(
        **{
            **data,
            **texts,
            "channels": tuple(Channel(**one) for one in data["channels"]),
            "addresses": tuple(Address(**one) for one in data["addresses"]),
            "birthday": date.fromisoformat(birthday) if birthday else None,
        }
    )
