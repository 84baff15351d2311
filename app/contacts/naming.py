"""What a contact is called: by a whole name that was given, by first and last name, or by how it is reached."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm.attributes import instance_state

from app.contacts.models import Contact
from app.data import Record
from app.host import FieldError
from app.search.folding import fold

LONGEST_PART, LONGEST = 100, 255


def name_contact(contact: Contact, is_new: bool) -> None:
    """Set the name, or first and last name where a whole name alone was given, as by a file. Raises FieldError for a
    contact without any name or address."""
    is_given = is_new or (changes(contact, "full_name") and not changes(contact, "first_name", "last_name"))
    if contact.full_name and is_given:
        _take_apart(contact, is_new)
    elif is_new or not contact.full_name or not _keeps_name(contact):
        contact.full_name = _name_of(contact)


def changes(row: Record, *names: str) -> bool:
    """Is the row new, or do these attributes change?"""
    state = instance_state(row)
    return not state.persistent or any(state.attrs[name].history.has_changes() for name in names)


def _take_apart(contact: Contact, is_new: bool) -> None:
    """A whole name may say more than its parts ("Dr. Nora Salem, PhD"); parts that it does not hold give way to it, or
    with a new contact are the other half: a column “Name” beside one of first names holds last names."""
    whole = contact.full_name.strip()
    parts = _words(contact.first_name, contact.last_name)
    if parts and parts <= _words(whole):
        return
    if parts and is_new:
        contact.first_name = contact.first_name or whole[:LONGEST_PART]
        contact.last_name = contact.last_name or whole[:LONGEST_PART]
        contact.full_name = _name_of(contact)
        return
    first, _blank, last = whole.partition(" ")
    contact.first_name, contact.last_name = first[:LONGEST_PART], last.strip()[:LONGEST_PART] or None


def _words(*names: str | None) -> set[str]:
    return {word for name in names if name for word in fold(name).split()}


def _keeps_name(contact: Contact) -> bool:
    """A fuller name stays until first or last name change; a contact called by an address is called by the new one when
    that changes."""
    if changes(contact, "first_name", "last_name"):
        return False
    before = {old for channel in contact.channels for old in inspect(channel).attrs.value.history.deleted or ()}
    gone = {channel.value for channel in inspect(contact).attrs.channels.history.deleted or ()}
    return contact.full_name not in before | gone


def _name_of(contact: Contact) -> str:
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    name = name or next((channel.value for channel in contact.channels), "")
    if not name:
        raise FieldError("first_name", _("Please give a name, or at least one way to reach this person."))
    return name[:LONGEST]
