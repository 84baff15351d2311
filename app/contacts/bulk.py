"""Contacts and companies in the making, by the thousand: plain rows that are stored with a handful of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.contacts.models import Company, Contact, ContactAddress, ContactChannel, Note, channel_tokens
from app.data import utcnow, uuid7
from app.data.driver import pipelined
from app.search.bulk import Additions

NOTE_TARGET = "contacts.contact"


@dataclass
class NewCompany:
    """See `models.Company`."""

    name: str
    domain: str | None = None
    industry: str | None = None
    size: str | None = None
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    city: str | None = None
    country: str | None = None
    owner_id: UUID | None = None
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utcnow)
    deleted_at: datetime | None = None
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.id = uuid7(self.created_at)


@dataclass
class NewChannel:
    """See `models.ContactChannel`. `contact_id` and `held` are set when the contact is stored."""

    kind: str
    value: str
    value_normalised: str
    label: str | None = None
    is_primary: bool = False
    is_shared: bool = False
    opt_state: str = "unknown"
    held: bool = True
    contact_id: UUID | None = None

    def search_tokens(self) -> frozenset[str]:
        return channel_tokens(self.kind, self.value, self.value_normalised)


@dataclass
class NewAddress:
    """See `models.ContactAddress`."""

    label: str | None = None
    street_address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    is_default: bool = False
    contact_id: UUID | None = None


@dataclass
class NewNote:
    """A note on a contact."""

    target_id: UUID
    content: str
    pinned: bool = False
    created_at: datetime = field(default_factory=utcnow)
    created_by: UUID | None = None
    target_type: str = NOTE_TARGET
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.id = uuid7(self.created_at)


@dataclass
class NewContact:
    """See `models.Contact`."""

    full_name: str
    first_name: str | None = None
    last_name: str | None = None
    company_id: UUID | None = None
    position: str | None = None
    birthday: date | None = None
    source: str | None = None
    assigned_to_id: UUID | None = None
    locale: str | None = None
    timezone: str | None = None
    last_interaction_at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utcnow)
    deleted_at: datetime | None = None
    channels: list[NewChannel] = field(default_factory=list)
    addresses: list[NewAddress] = field(default_factory=list)
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.id = uuid7(self.created_at)


def store(
    session: Session,
    contacts: Sequence[NewContact] = (),
    companies: Sequence[NewCompany] = (),
    notes: Sequence[NewNote] = (),
) -> None:
    """Store new records of the tenant in force with all that belongs to them: all, or none. Flushes nothing else,
    commits nothing, tells no events."""
    with session.begin_nested():
        made = additions(session, contacts, companies, notes)
        with pipelined(session):
            made.write()


def additions(
    session: Session, contacts: Sequence[NewContact], companies: Sequence[NewCompany], notes: Sequence[NewNote]
) -> Additions:
    """The records with all that belongs to them, ready to be written."""
    for contact in contacts:
        for channel in contact.channels:
            channel.contact_id = contact.id
            channel.held = contact.deleted_at is None and not channel.is_shared
        for address in contact.addresses:
            address.contact_id = contact.id
    return Additions(
        session,
        (Company, companies),
        (Contact, contacts),
        (ContactChannel, [channel for contact in contacts for channel in contact.channels]),
        (ContactAddress, [address for contact in contacts for address in contact.addresses]),
        (Note, notes),
    )
