"""The rules of contacts: names, normalised addresses, doubts about duplicates."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import func, inspect, or_, select
from sqlalchemy.orm import object_session

from app.contacts.models import PHONE_KINDS, Company, Contact, ContactAddress, ContactChannel, Suppression
from app.data import Field, Record, db
from app.host import Doubt, FieldError, registry
from app.screens.kinds import KINDS
from app.screens.reading import Surface

_LOOKUP_LIMIT = 3
_PHONE, _EMAIL = Field("phone", max_length=20), Field("email", max_length=254)


def complete_contact(contact: Contact, is_new: bool) -> None:
    """Fill in what follows from the rest; its channels are complete already. Raises ValueError for a contact without
    any name or address."""
    _check_repeated(contact)
    _one_default(contact)
    if is_new or not contact.full_name or not _keeps_name(contact):
        contact.full_name = _name_of(contact)


def _keeps_name(contact: Contact) -> bool:
    """A fuller name that was imported ("Dr. Nora Al-Rashid, PhD") stays until first or last name change; a contact
    called by an address is called by the new one when that changes."""
    if _changes(contact, "first_name", "last_name"):
        return False
    before = {old for channel in contact.channels for old in inspect(channel).attrs.value.history.deleted or ()}
    gone = {channel.value for channel in inspect(contact).attrs.channels.history.deleted or ()}
    return contact.full_name not in before | gone


def _name_of(contact: Contact) -> str:
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    name = name or next((channel.value for channel in contact.channels), "")
    if not name:
        raise FieldError("first_name", _("Please give a name, or at least one way to reach this person."))
    return name[:255]


def _check_repeated(contact: Contact) -> None:
    seen: set[tuple[str, str]] = set()
    for channel in contact.channels:
        key = channel.kind, channel.value_normalised
        if key in seen:
            raise ValueError(_("“%(value)s” is listed twice.", value=channel.value))
        seen.add(key)


def _one_default(contact: Contact) -> None:
    defaults = [address for address in contact.addresses if address.is_default]
    for address in defaults[:-1]:
        address.is_default = False


def complete_channel(channel: ContactChannel, is_new: bool) -> None:
    """Check and normalise a channel's value by its kind, when they change. Raises FieldError."""
    if not _changes(channel, "kind", "value"):
        return  # an address that was imported is not judged again with every edit of its contact
    try:
        channel.value_normalised = normalise(channel.kind, channel.value)
    except ValueError as error:
        raise FieldError("value", str(error)) from None
    if (channel.kind in PHONE_KINDS or channel.kind == "email") and channel.value != channel.value_normalised:
        channel.value = channel.value_normalised


def normalise(kind: str, value: str) -> str:
    """The form two spellings of one address share: E.164, lower-case e-mail, lower-case anything else."""
    if kind in PHONE_KINDS:
        return str(KINDS["phone"].parse(_PHONE, value))
    if kind == "email":
        return str(KINDS["email"].parse(_EMAIL, value))
    return value.strip().casefold()


def complete_address(address: ContactAddress, is_new: bool) -> None:
    """Country codes are two capital letters."""
    address.country = _country(address.country)


def complete_company(company: Company, is_new: bool) -> None:
    """Country in capitals, domain in lower case without a scheme."""
    company.country = _country(company.country)
    if company.domain:
        company.domain = company.domain.casefold().removeprefix("https://").removeprefix("http://").strip("/")


def _country(code: str | None) -> str | None:
    if not code:
        return None
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise FieldError("country", _("A country is two letters, such as SA or GB."))
    return code.upper()


def complete_suppression(row: Suppression, is_new: bool) -> None:
    """The address in the form that senders compare with."""
    try:
        row.value = normalise("phone" if row.channel in ("phone", "whatsapp", "sms") else row.channel, row.value)
    except ValueError as error:
        raise FieldError("value", str(error)) from None


def similar_contacts(contact: Contact) -> list[Doubt]:
    """Live contacts of the same name, or with one of the same addresses under another kind.

    Asked only while name or addresses change: a doubt that was answered once does not come back with every edit.
    """
    if not _changes(contact, "full_name", "channels") and not any(_changes(c, "value") for c in contact.channels):
        return []
    session = object_session(contact) or db.session()
    values = [channel.value_normalised for channel in contact.channels]
    same_address = select(ContactChannel.contact_id).where(ContactChannel.value_normalised.in_(values))  # type: ignore[attr-defined]
    same = [Contact.full_name_sort == func.lower(contact.full_name)]  # type: ignore[attr-defined]
    if values:
        same.append(Contact.id.in_(same_address))
    surface = Surface(registry().by_model[Contact], session)
    statement = select(Contact.id, Contact.full_name).where(or_(*same), Contact.id != contact.id, Contact.is_live())
    found = session.execute(statement.limit(_LOOKUP_LIMIT)).all()
    return [_doubt(surface, row.id, row.full_name) for row in found]


def _changes(row: Record, *names: str) -> bool:
    """Is the row new, or do these attributes change?"""
    state = inspect(row)
    return not state.persistent or any(state.attrs[name].history.has_changes() for name in names)


def _doubt(surface: Surface, record_id: object, name: str) -> Doubt:
    if surface.get(str(record_id)) is None:
        return Doubt(_("A contact like this exists already; a colleague looks after it."), "duplicate")
    words = _("“%(name)s” may be the same person.", name=name)
    return Doubt(words, "duplicate", f"{surface.entry.path}/{record_id}")


def similar_companies(company: Company) -> list[Doubt]:
    """Live companies of the same name or domain, asked while these change."""
    if not _changes(company, "name", "domain"):
        return []
    session = object_session(company) or db.session()
    same = [Company.name_sort == func.lower(company.name)]  # type: ignore[attr-defined]
    if company.domain:
        same.append(Company.domain_sort == company.domain)  # type: ignore[attr-defined]
    statement = select(Company.id, Company.name).where(or_(*same), Company.id != company.id, Company.is_live())
    surface = Surface(registry().by_model[Company], session)
    found = session.execute(statement.limit(_LOOKUP_LIMIT)).all()
    return [
        Doubt(_("“%(name)s” may be the same company.", name=row.name), "duplicate", f"{surface.entry.path}/{row.id}")
        for row in found
    ]
