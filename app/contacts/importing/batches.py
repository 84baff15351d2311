"""Storing rows batch by batch: each batch is one transaction, and a row that fails takes no other with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from flask_babel import gettext as _
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.contacts.bulk import store
from app.contacts.dialects import Row
from app.contacts.importing.filling import Batch, complete, new_contact
from app.contacts.importing.known import Known, look_up
from app.contacts.importing.outcome import Outcome, What
from app.contacts.models import Contact
from app.screens.writing.saving import in_words

BATCH = 500


def import_rows(
    session: Session, rows: Iterable[Row], *, source: str | None = None, dry_run: bool = False
) -> Iterator[Outcome]:
    """Store the people of a file in the tenant in force and say what became of each row, in the order of the file.

    Commits after every batch of 500; a dry run does all the work in one transaction and takes it back at the end, so
    the iterator must be exhausted. Raises only when the database is gone.
    """
    remaining = iter(rows)
    try:
        while batch := list(islice(remaining, BATCH)):
            outcomes = _store(session, batch, source)
            if dry_run:
                session.expunge_all()
            else:
                session.commit()
            yield from outcomes
    finally:
        session.rollback()


def _store(session: Session, batch: Sequence[Row], source: str | None) -> list[Outcome]:
    try:
        with session.begin_nested():
            return _place(session, batch, source)
    except (IntegrityError, DataError, StaleDataError, ValueError) as error:
        if len(batch) > 1:
            return [outcome for row in batch for outcome in _store(session, [row], source)]
        row = batch[0]
        name = row.person.display_name if row.person else ""
        return [Outcome(row.line, "reported", name, (_in_words(error, row.line), *row.warnings))]


def _in_words(error: Exception, line: int) -> str:
    if isinstance(error, (IntegrityError, DataError)):
        reason = in_words(error, Contact)[1]
    elif isinstance(error, StaleDataError):
        reason = _("Somebody changed this contact at the same moment. Import the file again.")
    else:
        reason = _("One of the values cannot be stored.")
    return str(_("Line %(line)s: %(reason)s", line=line, reason=reason))


def _place(session: Session, rows: Sequence[Row], source: str | None) -> list[Outcome]:
    batch = Batch()
    with session.no_autoflush:
        known = look_up(session, [row.person for row in rows if row.person is not None])
        outcomes = [_place_row(session, batch, known, row, source) for row in rows]
        store(session, batch.contacts, batch.companies, batch.notes)
    session.flush()
    return outcomes


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
