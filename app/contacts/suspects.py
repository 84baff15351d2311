"""Which stored people and companies many new ones may repeat: two probes of an index, however many they are.

It only says whom to ask about (`services.similar_contacts`), so it may name too many and must not name too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.orm import Session

from app.contacts.models import Company, Contact, ContactChannel
from app.transfer.probing import probe

Suspects = Mapping[UUID, set[UUID]]
"""By the id of each new record the ids of stored ones like it."""


def contacts_like(session: Session, contacts: Sequence[Contact]) -> Suspects:
    """Contacts of the same name, or with one of the same addresses."""
    contact, channel = _columns(Contact), _columns(ContactChannel)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    names = [(one.id, one.full_name) for one in contacts]
    _add(session, found, contact.full_name_sort, contact.id, names, contact.deleted_at.is_(None))
    addresses = [(one.id, each.value_normalised) for one in contacts for each in one.channels]
    _add(session, found, channel.value_normalised, channel.contact_id, addresses)
    return found


def companies_like(session: Session, companies: Sequence[Company]) -> Suspects:
    """Companies of the same name or domain."""
    company = _columns(Company)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    live = company.deleted_at.is_(None)
    _add(session, found, company.name_sort, company.id, [(one.id, one.name) for one in companies], live)
    domains = [(one.id, one.domain) for one in companies if one.domain]
    _add(session, found, company.domain_sort, company.id, domains, live)
    return found


def _add(
    session: Session, found: dict[UUID, set[UUID]], column: Column[Any], key: Column[Any],
    values: Iterable[tuple[UUID, str]], *where: Any,
) -> None:  # fmt: skip
    """`where` is the condition of the column's index."""
    askers: dict[str, set[UUID]] = defaultdict(set)
    for one, value in values:
        askers[value.lower()].add(one)
    for value, stored in probe(session, [column], [(value,) for value in askers], [column, key], *where):
        for one in askers.get(value, ()):
            found[one].add(stored)


def _columns(model: Any) -> Any:
    return model.__table__.c
