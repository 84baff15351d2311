"""Contacts and companies, and how to reach them. The three person tables of the seeds are one here."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import Boolean, Index, event, text
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.zones import Zone
from app.data import (
    Choice,
    Record,
    belongs_to,
    choice,
    country,
    day,
    decimal,
    email,
    flag,
    has_many,
    image,
    language,
    long_text,
    moment,
    phone,
    record_id,
    tags,
    time_zone,
    url,
    utcnow,
)
from app.data import text as text_field
from app.search.tokens import email_tokens, phone_tokens, text_tokens
from app.tenancy.models import Membership

COMPANY_SIZES = ("1-10", "11-50", "51-200", "201-1000", "1000+")
CHANNEL_KINDS = (
    Choice("email", _l("E-mail"), "blue"),
    Choice("phone", _l("Phone"), "green"),
    Choice("whatsapp", _l("WhatsApp"), "green"),
    Choice("linkedin", _l("LinkedIn"), "blue"),
    Choice("website", _l("Website"), "grey"),
    Choice("other", _l("Other"), "grey"),
)
SENDING_CHANNELS = (
    Choice("email", _l("E-mail")),
    Choice("phone", _l("Phone")),
    Choice("whatsapp", _l("WhatsApp")),
    Choice("sms", _l("SMS")),
    Choice("any", _l("Any channel")),
)
PHONE_KINDS = frozenset({"phone", "whatsapp"})


class Company(Record):
    """An organisation that contacts work for."""

    __soft_delete__ = True
    __archive__ = True
    __label__ = "name"

    name: Mapped[str] = text_field(label=_l("Name"), sortable=True)
    logo: Mapped[str | None] = image(label=_l("Logo"))
    domain: Mapped[str | None] = text_field(max_length=253, label=_l("Domain"), sortable=True)
    industry: Mapped[str | None] = text_field(max_length=100, label=_l("Industry"), sortable=True)
    size: Mapped[str | None] = choice(*((size, size) for size in COMPANY_SIZES), label=_l("Employees"))
    phone: Mapped[str | None] = phone(label=_l("Phone"))
    email: Mapped[str | None] = email(label=_l("E-mail"))
    website: Mapped[str | None] = url(label=_l("Website"))
    city: Mapped[str | None] = text_field(max_length=100, label=_l("City"))
    country: Mapped[str | None] = country(label=_l("Country"))
    owner = belongs_to(Membership, label=_l("Owner"))
    tags: Mapped[list[str]] = tags(label=_l("Tags"))
    external_id: Mapped[str | None] = text_field(max_length=100, label=_l("External id"), sortable=True)
    merged_into = belongs_to(lambda: Company, readonly=True, label=_l("Merged into"))


class Contact(Record):
    """A person. Named by `full_name`, which follows first and last name unless it was given."""

    __soft_delete__ = True
    __archive__ = True
    __label__ = "full_name"

    photo: Mapped[str | None] = image(label=_l("Photo"))
    first_name: Mapped[str | None] = text_field(max_length=100, label=_l("First name"))
    last_name: Mapped[str | None] = text_field(max_length=100, label=_l("Last name"))
    full_name: Mapped[str] = text_field(label=_l("Name"), sortable=True, readonly=True)
    company = belongs_to(Company, label=_l("Company"))
    position: Mapped[str | None] = text_field(max_length=150, label=_lp("job", "Position"))
    birthday: Mapped[date | None] = day(label=_l("Birthday"))
    source: Mapped[str | None] = text_field(max_length=100, label=_l("Source"), sortable=True)
    assigned_to = belongs_to(Membership, label=_l("Assigned to"))
    tags: Mapped[list[str]] = tags(label=_l("Tags"))
    locale: Mapped[str | None] = language(label=_l("Language"))
    timezone: Mapped[str | None] = time_zone(label=_l("Time zone"))
    last_interaction_at: Mapped[datetime | None] = moment(label=_l("Last interaction"), readonly=True, sortable=True)
    external_id: Mapped[str | None] = text_field(max_length=100, label=_l("External id"), sortable=True)
    thread_id: Mapped[str | None] = text_field(max_length=100, label=_l("Assistant thread"), readonly=True)
    merged_into = belongs_to(lambda: Contact, readonly=True, label=_l("Merged into"))
    channels = has_many(lambda: ContactChannel, reverse="contact", label=_l("Ways to reach"))
    addresses = has_many(lambda: ContactAddress, reverse="contact", label=_l("Addresses"))


class ContactChannel(Record):
    """One way to reach a contact. A value belongs to one live contact of the tenant, unless people share it."""

    __label__ = "value"
    __same__ = "kind value_normalised"
    __table_args__ = (
        Index(
            "uq_contact_channel_value",
            "tenant_id",
            "kind",
            "value_normalised",
            unique=True,
            postgresql_where=text("held"),
        ),
        Index("ix_contact_channel_value", "tenant_id", "value_normalised"),
    )

    contact = belongs_to(Contact, required=True, on_delete="cascade", immutable=True, label=_l("Contact"))
    kind: Mapped[str] = choice(*CHANNEL_KINDS, label=_l("Kind"), default="email")
    value: Mapped[str] = text_field(label=_l("Value"))
    value_normalised: Mapped[str] = text_field(label=_l("Normalised"), readonly=True)
    label: Mapped[str | None] = text_field(max_length=60, label=_l("Label"), help=_l("Work, home, ..."))
    is_primary: Mapped[bool] = flag(label=_l("Primary"), extra={"one_per": ("kind",)})
    is_shared: Mapped[bool] = flag(label=_l("Shared"), help=_l("Several people use it, such as a switchboard."))
    verified_at: Mapped[datetime | None] = moment(label=_l("Verified"), readonly=True)
    opt_state: Mapped[str] = choice(
        ("unknown", _l("Unknown")), ("opted_in", _l("Opted in")), ("opted_out", _l("Opted out")),
        default="unknown", label=_l("Consent"),
    )  # fmt: skip
    held: Mapped[bool] = mapped_column(Boolean, default=True, server_default=text("true"))
    """Whether this row keeps the value for itself: not when it is shared, nor when its contact is in the trash."""

    def search_tokens(self) -> frozenset[str]:
        return channel_tokens(self.kind, self.value, self.value_normalised)

    def absorb(self, twin: ContactChannel) -> None:
        """What this row takes over from the same address of a merged contact: a refusal counts more than a consent."""
        if twin.opt_state == "opted_out" or self.opt_state == "unknown":
            self.opt_state = twin.opt_state
        self.verified_at = self.verified_at or twin.verified_at


def channel_tokens(kind: str, value: str, normalised: str) -> frozenset[str]:
    """Phone numbers are found by their digits, addresses by their parts."""
    if kind in PHONE_KINDS:
        return phone_tokens(normalised)
    return email_tokens(value) if kind == "email" else text_tokens(value)


class ContactAddress(Record):
    """A postal address of a contact; at most one is the default."""

    __label__ = "street_address city"
    __same__ = "street_address city state postal_code country"
    __table_args__ = (
        Index(
            "uq_contact_address_default", "tenant_id", "contact_id", unique=True, postgresql_where=text("is_default")
        ),
    )

    contact = belongs_to(Contact, required=True, on_delete="cascade", immutable=True, label=_l("Contact"))
    label: Mapped[str | None] = text_field(max_length=60, label=_l("Label"))
    street_address: Mapped[str | None] = text_field(label=_l("Street"))
    city: Mapped[str | None] = text_field(max_length=100, label=_l("City"))
    state: Mapped[str | None] = text_field(max_length=100, label=_l("State"))
    postal_code: Mapped[str | None] = text_field(max_length=20, label=_l("Postal code"))
    country: Mapped[str | None] = country(label=_l("Country"))
    latitude: Mapped[Decimal | None] = decimal(9, 6, minimum=-90, maximum=90, label=_l("Latitude"))
    longitude: Mapped[Decimal | None] = decimal(9, 6, minimum=-180, maximum=180, label=_l("Longitude"))
    zone = belongs_to(
        Zone, on_delete="set null", label=_l("Zone"), help=_l("Found by country and postal code when left empty.")
    )
    geocode_state: Mapped[str | None] = choice(
        ("found", _l("Found")), ("none", _l("Not found")), label=_l("Looked up"), readonly=True
    )
    geocoded_at: Mapped[datetime | None] = moment(label=_l("Looked up at"), readonly=True)
    is_default: Mapped[bool] = flag(label=_l("Default"))


class Note(Record):
    """A remark on any record."""

    __soft_delete__ = True
    __label__ = "content"
    __table_args__: Any = (Index("ix_note_target", "tenant_id", "target_type", "target_id", "id"),)

    target_type: Mapped[str] = text_field(max_length=100, label=_l("Record type"), immutable=True)
    target_id: Mapped[UUID] = record_id(label=_l("Record"), immutable=True)
    content: Mapped[str] = long_text(
        max_length=20_000, label=_l("Note"), help=_l("A name after an @ calls a colleague's attention to it.")
    )
    pinned: Mapped[bool] = flag(label=_l("Pinned"))


class Consent(Record):
    """What a contact agreed to or withdrew, when, and how we know. Rows are only ever added."""

    __label__ = "channel purpose"

    contact = belongs_to(Contact, required=True, on_delete="cascade", immutable=True, label=_l("Contact"))
    channel: Mapped[str] = choice(*SENDING_CHANNELS, label=_l("Channel"))
    purpose: Mapped[str] = text_field(max_length=100, label=_l("Purpose"), default="marketing")
    state: Mapped[str] = choice(("given", _l("Given")), ("withdrawn", _l("Withdrawn")), label=_l("Status"))
    source: Mapped[str] = text_field(max_length=100, label=_l("Source"))
    evidence: Mapped[str | None] = long_text(max_length=5_000, label=_l("Evidence"))
    at: Mapped[datetime] = moment(label=_l("When"), default=utcnow, sortable=True)


class Suppression(Record):
    """An address nobody may send to, whoever owns it. Rows are only ever added."""

    __label__ = "value"
    __table_args__ = (Index("uq_suppression_value", "tenant_id", "channel", "value", unique=True),)

    channel: Mapped[str] = choice(*SENDING_CHANNELS, label=_l("Channel"))
    value: Mapped[str] = text_field(label=_l("Address"), sortable=True)
    reason: Mapped[str] = choice(
        ("opt_out", _l("Opted out")), ("bounce", _l("Bounced")), ("complaint", _l("Complained")),
        ("manual", _l("By hand")), ("dnc", _l("Do-not-call register")), default="manual", label=_l("Reason"),
    )  # fmt: skip
    at: Mapped[datetime] = moment(label=_l("When"), default=utcnow, sortable=True)


@event.listens_for(Contact.deleted_at, "set")  # type: ignore[attr-defined]
def _release_channels(contact: Contact, deleted_at: datetime | None, before: Any, initiator: Any) -> None:
    """A contact in the trash does not keep its addresses from others; coming back, it claims them again."""
    for channel in contact.channels:
        channel.held = deleted_at is None and not channel.is_shared


@event.listens_for(ContactChannel.is_shared, "set")
def _share_value(channel: ContactChannel, shared: bool, before: Any, initiator: Any) -> None:
    channel.held = not shared


@event.listens_for(ContactChannel, "before_insert")
def _hold_value(mapper: Any, connection: Any, channel: ContactChannel) -> None:
    contact = channel.contact
    channel.held = not channel.is_shared and (contact is None or contact.deleted_at is None)
