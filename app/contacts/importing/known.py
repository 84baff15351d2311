"""What the tenant already has of the people in a batch, found in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, selectinload

from app.contacts.bulk import NOTE_TARGET, NewContact
from app.contacts.dialects import Person
from app.contacts.importing.names import MODEL_KINDS, RECOGNISED, Key, keys_of, may_be_same, name_words, normalised
from app.contacts.models import Company, Contact, ContactChannel, Note


@dataclass(slots=True)
class Candidate:
    """A stored contact, or one of this batch, that a row may mean."""

    contact_id: UUID
    name: str
    company: str = ""
    is_reachable: bool = False
    has_last_name: bool = False
    matched: int = 0


@dataclass(slots=True)
class Known:
    """Contacts by address and by name, companies by name; new ones of the batch are added as they come."""

    by_key: dict[Key, dict[UUID, Candidate]] = field(default_factory=lambda: defaultdict(dict))
    by_name: dict[str, dict[UUID, Candidate]] = field(default_factory=lambda: defaultdict(dict))
    holders: dict[tuple[str, str], UUID] = field(default_factory=dict)
    """Who keeps an address for himself, by kind and normalised value."""
    companies: dict[str, UUID] = field(default_factory=dict)
    contacts: dict[UUID, Contact | NewContact] = field(default_factory=dict)
    notes: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))

    def find(self, person: Person) -> Candidate | None:
        """The contact this row means: by any of its addresses and a name that does not contradict; else by name."""
        keys = keys_of(person)
        if not keys:
            return self._by_name(person)
        candidates: dict[UUID, Candidate] = {}
        for key in keys:
            for contact_id, candidate in self.by_key.get(key, {}).items():
                candidate.matched = candidate.matched + 1 if contact_id in candidates else 1
                candidates[contact_id] = candidate
        wanted = person.display_name
        ranked = sorted(
            candidates.values(), key=lambda one: (one.name.lower() != wanted.lower(), -one.matched, one.contact_id)
        )
        agreeing = (one for one in ranked if may_be_same(name_words(one.name), name_words(wanted)))
        # Another name, yet two addresses in common: the person has been renamed since.
        return next(agreeing, None) or next((one for one in ranked if one.matched > 1), None)

    def _by_name(self, person: Person) -> Candidate | None:
        """A row without addresses means a contact without any, or a full name that has got some since."""
        company = person.company.lower()
        found = [
            one
            for one in self.by_name.get(person.display_name.lower(), {}).values()
            if one.company == company or (one.is_reachable and one.has_last_name and not company)
        ]
        allowed = [one for one in found if not one.is_reachable or one.has_last_name]
        return min(allowed, key=lambda one: (one.is_reachable, one.company != company, one.contact_id), default=None)

    def add(self, contact: Contact | NewContact, person: Person, candidate: Candidate | None) -> None:
        """Let later rows of the batch find what this row has made or completed."""
        one = candidate or Candidate(contact.id, contact.full_name)
        self.by_name.get(one.name.lower(), {}).pop(contact.id, None)
        one.name, one.has_last_name = contact.full_name, bool(contact.last_name)
        one.company = one.company or person.company.lower()
        self.contacts[contact.id] = contact
        self.by_name[one.name.lower()][contact.id] = one
        for key in keys_of(person):
            one.is_reachable = True
            self.by_key[key][contact.id] = one

    def load(self, session: Session, contact_ids: Iterable[UUID]) -> None:
        """Fetch contacts whole, with their notes."""
        wanted = set(contact_ids) - set(self.contacts)
        if not wanted:
            return
        options = selectinload(Contact.channels), selectinload(Contact.addresses)
        for contact in session.scalars(select(Contact).where(Contact.id.in_(wanted)).options(*options)):
            self.contacts[contact.id] = contact
        # A note that somebody has thrown away counts as there: importing again does not bring it back.
        notes = select(Note.target_id, Note.content).where(Note.target_type == NOTE_TARGET, Note.target_id.in_(wanted))
        for target_id, content in session.execute(notes):
            self.notes[target_id].add(content)


def look_up(session: Session, people: Sequence[Person]) -> Known:
    """Everything stored that the people of a batch may meet: at most eleven statements, however many they are.

    Each statement reads one table by one index: a join could be planned badly while the statistics of a tenant that is
    being filled are still those of an empty one.
    """
    known = Known()
    _find_by_address(session, known, people)
    _find_by_name(session, known, [person for person in people if not keys_of(person)])
    _find_companies(session, known, people)
    known.load(session, {found.contact_id for person in people if (found := known.find(person))})
    return known


def _find_by_address(session: Session, known: Known, people: Iterable[Person]) -> None:
    values = {normalised(MODEL_KINDS[channel.kind], channel.value) for person in people for channel in person.channels}
    if not values:
        return
    channel = _any(ContactChannel)
    columns = channel.kind, channel.value_normalised, channel.held, channel.contact_id
    wanted = channel.value_normalised == any_(cast(sorted(values), ARRAY(Text)))
    rows = session.execute(select(*columns).where(wanted)).all()
    known.holders = {(kind, value): contact_id for kind, value, held, contact_id in rows if held}
    found = {contact_id for kind, _value, _held, contact_id in rows if kind in RECOGNISED}
    candidates = _candidates(session, _any(Contact).id == any_(cast(list(found), ARRAY(Uuid)))) if found else {}
    for kind, value, _held, contact_id in rows:
        if kind in RECOGNISED and contact_id in candidates:
            candidates[contact_id].is_reachable = True
            known.by_key[Key(RECOGNISED[kind], value)][contact_id] = candidates[contact_id]


def _find_by_name(session: Session, known: Known, people: Iterable[Person]) -> None:
    names = sorted({person.display_name for person in people})
    if not names:
        return
    candidates = _candidates(session, _any(Contact).full_name_sort.in_(select(func.lower(_column_of(names).c.value))))
    channel = _any(ContactChannel)
    wanted = channel.contact_id == any_(cast(list(candidates), ARRAY(Uuid)))
    for contact_id in session.scalars(select(channel.contact_id).where(wanted, channel.kind.in_(RECOGNISED))):
        candidates[contact_id].is_reachable = True
    for one in candidates.values():
        known.by_name[one.name.lower()][one.contact_id] = one


def _candidates(session: Session, condition: ColumnElement[bool]) -> dict[UUID, Candidate]:
    """Live contacts, with the names of their companies."""
    contact = _any(Contact)
    columns = contact.id, contact.full_name, contact.last_name, contact.company_id
    rows = session.execute(select(*columns).where(condition, Contact.is_live())).all()
    ids = {row.company_id for row in rows if row.company_id}
    names: dict[UUID | None, str] = {}
    if ids:
        wanted = Company.id == any_(cast(list(ids), ARRAY(Uuid)))
        names = {row.id: row.name.lower() for row in session.execute(select(Company.id, Company.name).where(wanted))}
    return {
        row.id: Candidate(row.id, row.full_name, names.get(row.company_id, ""), has_last_name=bool(row.last_name))
        for row in rows
    }


def _find_companies(session: Session, known: Known, people: Iterable[Person]) -> None:
    names = sorted({person.company for person in people if person.company})
    if not names:
        return
    wanted = _column_of(names)
    statement = (
        select(wanted.c.value, Company.id)
        .join_from(wanted, Company, _any(Company).name_sort == func.lower(wanted.c.value))
        .where(Company.is_live())
        .order_by(Company.id.desc())
    )
    for name, company_id in session.execute(statement):
        known.companies[name.lower()] = company_id


def _column_of(values: list[str]) -> Any:
    """The texts as a table of one column: the database lower-cases them as it did the stored ones."""
    return func.unnest(cast(values, ARRAY(Text))).table_valued("value").render_derived()


def _any(model: Any) -> Any:
    """The class without its types: columns that a declaration adds are unknown to mypy."""
    return model
