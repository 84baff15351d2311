"""The rules of contacts: names, normalised addresses."""

from __future__ import annotations

from flask_babel import gettext as _

from app.contacts.models import PHONE_KINDS, Company, Contact, ContactChannel, Suppression
from app.contacts.naming import changes, name_contact
from app.data import Field
from app.host import FieldError
from app.screens.kinds import KINDS

_PHONE, _EMAIL = Field("phone", max_length=20), Field("email", max_length=254)


def complete_contact(contact: Contact, is_new: bool) -> None:
    """Fill in what follows from the rest; its channels are complete already. Raises ValueError for a contact without
    any name or address."""
    _check_repeated(contact)
    _one_default(contact)
    name_contact(contact, is_new)


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
    if not changes(channel, "kind", "value"):
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


def complete_company(company: Company, is_new: bool) -> None:
    """Domain in lower case without a scheme."""
    if company.domain:
        company.domain = company.domain.casefold().removeprefix("https://").removeprefix("http://").strip("/")


def complete_suppression(row: Suppression, is_new: bool) -> None:
    """The address in the form that senders compare with."""
    try:
        row.value = normalise("phone" if row.channel in ("phone", "whatsapp", "sms") else row.channel, row.value)
    except ValueError as error:
        raise FieldError("value", str(error)) from None
