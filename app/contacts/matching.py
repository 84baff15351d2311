"""Who is this? The contact that has one of these addresses, or a new one: for what comes from outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.contacts import services
from app.contacts.models import PHONE_KINDS, Company, Contact, ContactChannel
from app.data import current_tenant_id, db
from app.data.phones import to_e164
from app.host import FieldError
from app.tenancy.models import Tenant

Address = tuple[str, str]
"""(kind of channel, value): `("email", "nora@example.com")`."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of somebody. `addresses` are tried in order; `values` are further fields of the contact by name."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    addresses: tuple[Address, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def contact_for(known: Known) -> tuple[Contact, bool]:
    """The live contact that has one of the addresses, completed by what it lacks; or a new one. Says whether it is new.

    Nothing that is known already is overwritten. An address that several people share finds nobody. Flushes; the edge
    commits. Raises FieldError with a sentence for an address that is none, or when nothing is known at all.
    """
    addresses = _normal(known.addresses)
    try:
        with db.session.begin_nested():
            return _find_or_make(known, addresses)
    except IntegrityError:  # somebody else has just stored one of the addresses
        return _find_or_make(known, addresses)


def _find_or_make(known: Known, addresses: list[Address]) -> tuple[Contact, bool]:
    found = contact_at(addresses)
    contact = found if found is not None else Contact(tags=[], custom_fields={})
    with db.session.no_autoflush:
        _complete(contact, known, addresses)
        services.complete_contact(contact, found is None)
    db.session.add(contact)
    db.session.flush()
    return contact, found is None


def _normal(addresses: Iterable[Address]) -> list[Address]:
    found: dict[Address, None] = {}
    for kind, value in addresses:
        try:
            found.setdefault((kind, normal_address(kind, value)))
        except ValueError as error:
            raise FieldError(kind, str(error)) from None
    return list(found)


def normal_address(kind: str, value: str) -> str:
    """The form that all spellings of an address share; `kind` is one of a channel's. Phone numbers without country code
    are of the tenant's country. Raises ValueError with a sentence."""
    if kind not in PHONE_KINDS:
        return services.normalise(kind, value)
    country = db.session.scalar(select(Tenant.country).where(Tenant.id == current_tenant_id()))
    return to_e164(value, country or "")


def contact_at(addresses: Iterable[Address]) -> Contact | None:
    """The live contact that has one of these normal addresses for itself; a phone number in whatever way it is used."""
    wanted = [value for _kind, value in addresses]
    if not wanted:
        return None
    where = ContactChannel.value_normalised.in_(wanted), ContactChannel.held
    owners = select(ContactChannel.contact_id, func.count().label("hits")).where(*where)  # type: ignore[attr-defined]
    grouped = owners.group_by(ContactChannel.contact_id).subquery()  # type: ignore[attr-defined]
    statement = select(Contact).join(grouped, grouped.c.contact_id == Contact.id).where(Contact.is_live())
    found: Contact | None = db.session.scalars(statement.order_by(grouped.c.hits.desc(), Contact.id).limit(1)).first()
    return found


def _complete(contact: Contact, known: Known, addresses: list[Address]) -> None:
    """Fill what is empty."""
    if not contact.first_name and not contact.last_name:
        contact.first_name, contact.last_name = known.first_name[:100] or None, known.last_name[:100] or None
    has = {(channel.kind, channel.value_normalised) for channel in contact.channels}
    for kind, value in addresses:
        if (kind, value) not in has:
            is_first = all(channel.kind != kind for channel in contact.channels)
            channel = ContactChannel(kind=kind, value=value, value_normalised=value, is_primary=is_first)
            contact.channels.append(channel)
    if known.company and contact.company_id is None:  # type: ignore[attr-defined]
        contact.company_id = company_called(known.company)  # type: ignore[attr-defined]
    for name, value in known.values.items():
        if name == "custom_fields":
            contact.custom_fields = {**value, **(contact.custom_fields or {})}
        elif getattr(contact, name) in (None, "", []):
            setattr(contact, name, value)


def company_called(name: str) -> UUID:
    """The live company of this name, or a new one."""
    wanted = " ".join(name.split())[:255]
    if not wanted:
        raise FieldError("company", _("Please fill in “%(field)s”.", field=_("Company")))
    same = Company.name_sort == func.lower(wanted)  # type: ignore[attr-defined]
    found = db.session.scalar(select(Company.id).where(same, Company.is_live()).order_by(Company.id).limit(1))
    if found is not None:
        return found
    company = Company(name=wanted, tags=[])
    services.complete_company(company, True)
    db.session.add(company)
    db.session.flush()
    return company.id
