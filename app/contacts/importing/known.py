"""What the tenant already has of the people in a batch, found in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.types import Text

from app.contacts.dialects import Person
from app.contacts.importing.names import RECOGNISED, Key, keys_of, may_be_same, name_words, normalised
from app.contacts.models import Company, Contact, ContactChannel, Note
from app.search.tokens import fold

NOTE_TARGET = "contacts.contact"


@dataclass(slots=True)
class Candidate:
    """A stored contact, or one of this batch, that a row may mean."""

    contact_id: UUID
    name: str
    company: str = ""
    is_reachable: bool = False
    matched: int = 0

    @property
    def words(self) -> frozenset[str]:
        return name_words(self.name)


@dataclass(slots=True)
class Known:
    """Contacts by address and by name, companies by name; new ones of the batch are added as they come."""

    by_key: dict[Key, dict[UUID, Candidate]] = field(default_factory=lambda: defaultdict(dict))
    by_name: dict[str, dict[UUID, Candidate]] = field(default_factory=lambda: defaultdict(dict))
    holders: dict[tuple[str, str], UUID] = field(default_factory=dict)
    """Who keeps an address for himself, by kind and normalised value."""
    companies: dict[str, UUID] = field(default_factory=dict)
    contacts: dict[UUID, Contact] = field(default_factory=dict)
    notes: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))

    def find(self, person: Person) -> Candidate | None:
        """The contact this row means: by any of its addresses, and a name that does not contradict; else by name."""
        keys = keys_of(person)
        if not keys:
            return self._by_name(person)
        candidates: dict[UUID, Candidate] = {}
        for key in keys:
            for contact_id, candidate in self.by_key.get(key, {}).items():
                candidate.matched = candidate.matched + 1 if contact_id in candidates else 1
                candidates[contact_id] = candidate
        best = sorted(candidates.values(), key=lambda one: (-one.matched, one.contact_id))
        wanted = name_words(person.display_name)
        agreeing = next((one for one in best if may_be_same(one.words, wanted)), None)
        # Another name, yet at least two addresses in common: the person has been renamed since.
        return agreeing or next((one for one in best if one.matched > 1), None)

    def _by_name(self, person: Person) -> Candidate | None:
        company = fold(person.company)
        found = [one for one in self.by_name.get(fold(person.display_name), {}).values() if one.company == company]
        return min(found, key=lambda one: (one.is_reachable, one.contact_id), default=None)

    def add(self, contact: Contact, person: Person, candidate: Candidate | None = None) -> None:
        """Let later rows of the batch find what this row has made or completed."""
        one = candidate or Candidate(contact.id, contact.full_name, fold(person.company))
        one.name = contact.full_name
        self.contacts[contact.id] = contact
        self.by_name[fold(contact.full_name)][contact.id] = one
        for key in keys_of(person):
            one.is_reachable = True
            self.by_key[key][contact.id] = one


def look_up(session: Session, people: Sequence[Person]) -> Known:
    """Everything stored that the people of a batch may meet: at most seven statements, however many they are."""
    known = Known()
    _find_by_address(session, known, people)
    _find_by_name(session, known, [person for person in people if not keys_of(person)])
    _find_companies(session, known, people)
    meant = {found.contact_id for person in people if (found := known.find(person))}
    if meant:
        options = selectinload(Contact.channels), selectinload(Contact.addresses)
        contacts = session.scalars(select(Contact).where(Contact.id.in_(meant)).options(*options))
        known.contacts = {contact.id: contact for contact in contacts}
        # A note that somebody has thrown away counts as there: importing again does not bring it back.
        notes = select(Note.target_id, Note.content).where(Note.target_type == NOTE_TARGET, Note.target_id.in_(meant))
        for target_id, content in session.execute(notes):
            known.notes[target_id].add(content)
    return known


def _find_by_address(session: Session, known: Known, people: Iterable[Person]) -> None:
    values = {normalised(channel.kind, channel.value) for person in people for channel in person.channels}
    if not values:
        return
    channel: Any = ContactChannel
    statement = (
        select(channel.kind, channel.value_normalised, channel.held, Contact.id, Contact.full_name)
        .join(Contact, Contact.id == channel.contact_id)
        .where(channel.value_normalised.in_(values), Contact.is_live())
    )
    candidates: dict[UUID, Candidate] = {}
    for kind, value, held, contact_id, name in session.execute(statement):
        if held:
            known.holders[kind, value] = contact_id
        if kind in RECOGNISED:
            one = candidates.setdefault(contact_id, Candidate(contact_id, name, is_reachable=True))
            known.by_key[Key(RECOGNISED[kind], value)][contact_id] = one


def _find_by_name(session: Session, known: Known, people: Iterable[Person]) -> None:
    names = sorted({person.display_name for person in people})
    if not names:
        return
    wanted, contact = _column_of(names), _any(Contact)
    reachable = exists().where(_any(ContactChannel).contact_id == Contact.id, ContactChannel.kind.in_(RECOGNISED))
    statement = (
        select(Contact.id, Contact.full_name, func.coalesce(Company.name, ""), reachable)
        .join(wanted, contact.full_name_sort == func.lower(wanted.c.value))
        .outerjoin(Company, Company.id == contact.company_id)
        .where(Contact.is_live())
    )
    for contact_id, name, company, is_reachable in session.execute(statement):
        known.by_name[fold(name)][contact_id] = Candidate(contact_id, name, fold(company), is_reachable)


def _find_companies(session: Session, known: Known, people: Iterable[Person]) -> None:
    names = sorted({person.company for person in people if person.company})
    if not names:
        return
    wanted = _column_of(names)
    statement = (
        select(wanted.c.value, Company.id)
        .join(Company, _any(Company).name_sort == func.lower(wanted.c.value))
        .where(Company.is_live())
        .order_by(Company.id.desc())
    )
    for name, company_id in session.execute(statement):
        known.companies[fold(name)] = company_id


def _column_of(values: list[str]) -> Any:
    """The texts as a table of one column: the database lower-cases them as it did the stored ones."""
    return func.unnest(func.cast(values, ARRAY(Text))).table_valued("value")


def _any(model: Any) -> Any:
    """The class without its types: columns that a declaration adds are unknown to mypy."""
    return model
