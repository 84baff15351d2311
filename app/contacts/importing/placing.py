"""Placing the people of a chunk: each completes a contact that is there, or becomes one; one that fails takes no other
with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.contacts.bulk import additions
from app.contacts.dialects import Row
from app.contacts.importing.filling import Batch, complete, new_contact
from app.contacts.importing.known import Known, look_up
from app.contacts.importing.outcome import Outcome, What
from app.contacts.models import Company, Contact, Note
from app.data import Record
from app.data.driver import pipelined
from app.events.outbox import teller
from app.screens.writing.saving import in_words
from app.transfer.changes import Change, before_of, table_of


def place_people(
    session: Session, rows: Sequence[Row], source: str | None = None
) -> tuple[list[Outcome], list[Change]]:
    """Store the people of rows in the tenant in force: what became of each row, and of the records. Flushes."""
    try:
        with session.begin_nested():
            return _place(session, rows, source)
    except (IntegrityError, DataError, StaleDataError, ValueError) as error:
        if len(rows) == 1:
            name = rows[0].person.display_name if rows[0].person else ""
            remarks = _in_words(error, rows[0].line), *rows[0].warnings
            return [Outcome(rows[0].line, "reported", name, remarks)], []
        middle = len(rows) // 2
        halves = [place_people(session, part, source) for part in (rows[:middle], rows[middle:])]
        return halves[0][0] + halves[1][0], halves[0][1] + halves[1][1]


def _in_words(error: Exception, line: int) -> str:
    if isinstance(error, (IntegrityError, DataError)):
        reason = in_words(error, Contact)[1]
    elif isinstance(error, StaleDataError):
        reason = _("Somebody changed this contact at the same moment. Import the file again.")
    else:
        reason = _("One of the values cannot be stored.")
    return str(_("Line %(line)s: %(reason)s", line=line, reason=reason))


def _place(session: Session, rows: Sequence[Row], source: str | None) -> tuple[list[Outcome], list[Change]]:
    batch = Batch()
    with session.no_autoflush:
        known = look_up(session, [row.person for row in rows if row.person is not None])
        outcomes = [_place_row(session, batch, known, row, source) for row in rows]
        _store(session, batch)
        completed = [before_of(one) for one in known.contacts.values() if isinstance(one, Contact)]
    session.flush()
    changes = list(_made(batch))
    for before in completed:
        changes += [Change(kind, key, row.version, old) for (kind, key), (row, old) in before.items()]
    return outcomes, changes


def _store(session: Session, batch: Batch) -> None:
    made = additions(session, batch.contacts, batch.companies, batch.notes)
    tellers = [(teller(session, model, "created"), [one.id for one in rows]) for model, rows in _groups(batch) if rows]
    with pipelined(session):
        made.write()
        for tell, ids in tellers:
            tell(ids)


def _made(batch: Batch) -> list[Change]:
    return [Change(table_of(model), one.id, 1) for model, made in _groups(batch) for one in made]


def _groups(batch: Batch) -> tuple[tuple[type[Record], Sequence[Any]], ...]:
    return (Contact, batch.contacts), (Company, batch.companies), (Note, batch.notes)


def _place_row(session: Session, batch: Batch, known: Known, row: Row, source: str | None) -> Outcome:
    person = row.person
    if person is None:
        return Outcome(row.line, "reported", "", (row.error or "", *row.warnings))
    candidate = known.find(person)
    if candidate is None:
        filled = new_contact(batch, known, person, source)
    else:
        known.load(session, [candidate.contact_id])
        filled = complete(batch, known, known.contacts[candidate.contact_id], person)
    known.add(filled.contact, person, candidate)
    what: What = "added" if candidate is None else "completed" if filled.is_changed else "unchanged"
    remarks = (*row.warnings, *(_("Line %(line)s: %(reason)s", line=row.line, reason=one) for one in filled.remarks))
    return Outcome(row.line, what, filled.contact.full_name, remarks, filled.contact.id)
