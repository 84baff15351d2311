"""From a person of a file to a contact: a new one, or what an existing one lacks. A filled field is never changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from app.contacts.bulk import NewAddress, NewChannel, NewCompany, NewContact, NewNote
from app.contacts.dialects import Address, Channel, Person
from app.contacts.dialects.people import LONGEST_NOTE, MOST_TAGS
from app.contacts.importing.known import Known
from app.contacts.importing.names import MODEL_KINDS, may_be_same, name_words, normalised
from app.contacts.models import Contact, ContactAddress, ContactChannel
from app.search.tokens import fold


@dataclass(slots=True)
class Batch:
    """New records to be stored together."""

    contacts: list[NewContact] = field(default_factory=list)
    companies: list[NewCompany] = field(default_factory=list)
    notes: list[NewNote] = field(default_factory=list)


@dataclass(slots=True)
class Filled:
    """What one row did: to which contact (stored, or new in this batch), if it changed, what the user should know."""

    batch: Batch
    contact: Contact | NewContact
    is_changed: bool = False
    remarks: list[str] = field(default_factory=list)


def new_contact(batch: Batch, known: Known, person: Person, source: str | None) -> Filled:
    """A contact with everything the row says."""
    contact = NewContact(person.display_name, person.first_name or None, person.last_name or None, source=source)
    batch.contacts.append(contact)
    filled = Filled(batch, contact, is_changed=True)
    _fill(known, filled, person)
    return filled


def complete(batch: Batch, known: Known, contact: Contact | NewContact, person: Person) -> Filled:
    """Add to a contact what it lacks of the row's values."""
    filled = Filled(batch, contact)
    if not may_be_same(name_words(contact.full_name), name_words(person.display_name)):
        words = _("“%(name)s” has the same addresses as “%(known)s” and was taken for the same person.",
                  name=person.display_name, known=contact.full_name)  # fmt: skip
        filled.remarks.append(words)
    _complete_name(filled, person)
    _fill(known, filled, person)
    return filled


def _fill(known: Known, filled: Filled, person: Person) -> None:
    _set(filled, "position", person.position)
    _set(filled, "birthday", person.birthday)
    _set(filled, "locale", person.locale)
    _employ(known, filled, person)
    for channel in person.channels:
        _add_channel(known, filled, channel)
    for address in person.addresses:
        _add_address(filled, address)
    _add_tags(filled, person.tags)
    for content in _notes(person):
        if content not in known.notes[filled.contact.id]:
            known.notes[filled.contact.id].add(content)
            filled.batch.notes.append(NewNote(filled.contact.id, content))
            filled.is_changed = True


def _set(filled: Filled, name: str, value: Any) -> None:
    if value and not getattr(filled.contact, name):
        setattr(filled.contact, name, value)
        filled.is_changed = True


def _complete_name(filled: Filled, person: Person) -> None:
    """A contact known by an address or by its first name alone is given the rest; any other keeps its name."""
    contact = filled.contact
    is_nameless = not (contact.first_name or contact.last_name) and not name_words(contact.full_name)
    is_half = not contact.last_name and fold(contact.first_name or "") == fold(person.first_name) != ""
    if not is_nameless and not (is_half and person.last_name):
        return
    if person.display_name == contact.full_name:
        return
    contact.first_name = contact.first_name or person.first_name or None
    contact.last_name = person.last_name or None
    contact.full_name = person.display_name
    filled.is_changed = True


def _employ(known: Known, filled: Filled, person: Person) -> None:
    contact: Any = filled.contact
    if not person.company or contact.company_id is not None:
        return
    company_id = known.companies.get(person.company.lower())
    if company_id is None:
        company = NewCompany(person.company)
        filled.batch.companies.append(company)
        company_id = known.companies[person.company.lower()] = company.id
    contact.company_id = company_id
    filled.is_changed = True


def _add_channel(known: Known, filled: Filled, channel: Channel) -> None:
    contact, kind = filled.contact, MODEL_KINDS[channel.kind]
    value = normalised(kind, channel.value)
    if any((one.kind, one.value_normalised) == (kind, value) for one in contact.channels):
        return
    holder = known.holders.setdefault((kind, value), contact.id)
    is_shared = holder != contact.id
    has_primary = any(one.kind == kind and one.is_primary for one in contact.channels)
    make: Any = NewChannel if isinstance(contact, NewContact) else ContactChannel
    made = make(
        kind=kind, value=channel.value, value_normalised=value, label=channel.label or None,
        is_primary=channel.is_primary and not has_primary, is_shared=is_shared, opt_state="unknown",
    )  # fmt: skip
    contact.channels.append(made)
    filled.is_changed = True
    if is_shared:
        filled.remarks.append(_("“%(value)s” belongs to another contact too, so it is marked as shared.", value=value))


def _add_address(filled: Filled, address: Address) -> None:
    contact = filled.contact
    values = {
        name: getattr(address, name) or None for name in ("street_address", "city", "state", "postal_code", "country")
    }
    if any(_same_place(one, values) for one in contact.addresses):
        return
    is_default = not any(one.is_default for one in contact.addresses)
    make: Any = NewAddress if isinstance(contact, NewContact) else ContactAddress
    contact.addresses.append(make(label=address.label or None, is_default=is_default, **values))
    filled.is_changed = True


def _same_place(stored: Any, values: dict[str, str | None]) -> bool:
    return all(fold(getattr(stored, name) or "") == fold(value or "") for name, value in values.items())


def _add_tags(filled: Filled, tags: Iterable[str]) -> None:
    kept = {tag.casefold(): tag for tag in filled.contact.tags or ()}
    found = dict(kept)
    for tag in tags:
        for part in re.split("[,،]", tag):  # a comma would make two of it on the form
            if part.strip():
                found.setdefault(part.strip().casefold(), part.strip())
    if len(found) > max(MOST_TAGS, len(kept)):
        filled.remarks.append(_("Not every tag was kept: a contact can have %(count)s.", count=MOST_TAGS))
        found = dict(list(found.items())[: max(MOST_TAGS, len(kept))])
    if len(found) > len(kept):
        filled.contact.tags = list(found.values())
        filled.is_changed = True


def _notes(person: Person) -> Iterator[str]:
    """The notes of the row, and one of what could not be read, so that nothing of the file is lost."""
    yield from person.notes
    if person.unreadable:
        text = "\n".join([_("Could not be read when this contact was imported:"), *person.unreadable])
        yield from (text[start : start + LONGEST_NOTE] for start in range(0, len(text), LONGEST_NOTE))
