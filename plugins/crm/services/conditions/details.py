"""Whom leads are about, read for many of them together before they are looked at one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.sdk import Company, Contact, session
from plugins.crm.services.conditions.condition import WAYS

_CONTACT: Any = Contact


def with_details(leads: Sequence[Any], fields: Collection[str]) -> Iterator[Any]:
    """The leads one by one, with whom they are about read for all of them together, as far as conditions on these
    fields look at it: four statements at most."""
    contacts = {lead.contact_id for lead in leads} - {None}
    companies = {lead.company_id for lead in leads} - {None}
    kept: list[Any] = []
    if contacts and any(name.startswith(("contact.", "address.")) for name in fields):
        kept += session.scalars(select(Contact).where(Contact.id.in_(contacts)).options(*_rows(fields))).all()
    if companies and any(name.startswith(("company", "address")) for name in fields):
        kept += session.scalars(select(Company).where(Company.id.in_(companies))).all()
    yield from leads


def _rows(fields: Collection[str]) -> Iterator[Any]:
    if any(name.startswith("address.") for name in fields):
        yield selectinload(_CONTACT.addresses)
    if not WAYS.keys().isdisjoint(fields):
        yield selectinload(_CONTACT.channels)
