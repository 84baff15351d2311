"""What the tenant already has of the people in a batch, found in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.contacts.bulk import NOTE_TARGET, NewContact
from app.contacts.dialects import Person
from app.contacts.importing.names import MODEL_KINDS, RECOGNISED, Key, keys_of, may_be_same, name_words, normalised
from app.contacts.models import Company, Contact, ContactChannel, Note
from app.transfer.probing import probe

MOST_SHARERS = 200
"""Contacts with one address or one name that are looked at."""


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
    """Everything stored that the people of a batch may meet: at most eleven statements, however many they are."""
    known = Known()
    _find_by_address(session, known, people)
    _find_by_name(session, known, [person for person in people if not keys_of(person)])
    _find_companies(session, known, people)
    known.load(session, {found.contact_id for person in people if (found := known.find(person))})
    return known


def _find_by_address(session: Session, known: Known, people: Iterable[Person]) -> None:
    values = {normalised(MODEL_KINDS[channel.kind], channel.value) for person in people for channel in person.channels}
    channel = _columns(ContactChannel)
    wanted = [channel.kind, channel.value_normalised, channel.held, channel.contact_id]
    rows = probe(session, [channel.value_normalised], [(value,) for value in values], wanted, hits=MOST_SHARERS)
    known.holders = {(kind, value): contact_id for kind, value, held, contact_id in rows if held}
    found = {contact_id for kind, _value, _held, contact_id in rows if kind in RECOGNISED}
    candidates = _candidates(session, _columns(Contact).id, found)
    for kind, value, _held, contact_id in rows:
        if kind in RECOGNISED and contact_id in candidates:
            candidates[contact_id].is_reachable = True
            known.by_key[Key(RECOGNISED[kind], value)][contact_id] = candidates[contact_id]


def _find_by_name(session: Session, known: Known, people: Iterable[Person]) -> None:
    candidates = _candidates(session, _columns(Contact).full_name_sort, {person.display_name for person in people})
    channel = _columns(ContactChannel)
    wanted = [(contact_id,) for contact_id in candidates]
    for (contact_id,) in probe(
        session, [channel.contact_id], wanted, [channel.contact_id], channel.kind.in_(RECOGNISED), hits=1
    ):
        candidates[contact_id].is_reachable = True
    for one in candidates.values():
        known.by_name[one.name.lower()][one.contact_id] = one


def _candidates(session: Session, column: Any, values: Iterable[Any]) -> dict[UUID, Candidate]:
    """Live contacts, with the names of their companies."""
    contact, company = _columns(Contact), _columns(Company)
    wanted = [contact.id, contact.full_name, contact.last_name, contact.company_id]
    lower = column is not contact.id
    live = contact.deleted_at.is_(None)
    rows = probe(session, [column], [(value,) for value in values], wanted, live, lower=lower, hits=MOST_SHARERS)
    ids = {(row.company_id,) for row in rows if row.company_id}
    names = {row.id: row.name.lower() for row in probe(session, [company.id], ids, [company.id, company.name])}
    return {
        row.id: Candidate(row.id, row.full_name, names.get(row.company_id, ""), has_last_name=bool(row.last_name))
        for row in rows
    }


def _find_companies(session: Session, known: Known, people: Iterable[Person]) -> None:
    """The oldest of the name, of those that are not in the trash."""
    company = _columns(Company)
    names = {(person.company,) for person in people if person.company}
    live = company.deleted_at.is_(None)
    rows = probe(session, [company.name_sort], names, [company.id, company.name], live, lower=True)
    for row in sorted(rows, key=lambda one: one.id, reverse=True):
        known.companies[row.name.lower()] = row.id


def _columns(model: Any) -> Any:
    """The columns of a model's table."""
    return model.__table__.c
