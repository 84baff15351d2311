"""How the people behind leads are reached: by a touch of their number, address or WhatsApp, as far as the reader sees
them on the contact's own page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.sdk import Company, Contact, ContactChannel, _, reach, read_columns, session
from plugins.crm.models import Lead

LABELS = {"phone": _l("Phone"), "whatsapp": _l("WhatsApp"), "email": _l("E-mail")}
ORDER = tuple(LABELS)
EACH = 3
"""Ways of one person at most; the others are on their page."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach somebody. `href` is empty where they do not want it."""

    kind: str
    value: str
    href: str

    @property
    def label(self) -> str:
        return str(LABELS[self.kind])

    @property
    def words(self) -> str:
        return self.value if self.href else _("%(address)s (no consent)", address=self.value)


def ways_of(contacts: Collection[UUID]) -> Mapping[UUID, tuple[Way, ...]]:
    """The ways to reach each contact, phones first, primary ones before others: one statement, within reach."""
    surface = reach(ContactChannel)
    people = reach(Contact)
    may = surface.may("read") and people.may("read") and {"kind", "value"} <= set(surface.fields)
    if not contacts or not may or "channels" not in people.fields:
        return {}
    row: Any = ContactChannel
    columns = row.contact_id, row.kind, row.value, row.value_normalised, row.opt_state
    within = select(Contact.id).where(Contact.id.in_(contacts), *people.conditions())
    wanted = select(*columns).where(row.contact_id.in_(within), row.kind.in_(ORDER), *surface.conditions())
    found: dict[UUID, list[Way]] = {}
    for contact, *facts in read_columns(session(), wanted.order_by(row.is_primary.desc(), row.id)):
        found.setdefault(contact, []).append(_way(*facts))
    return {key: tuple(sorted(ways, key=lambda way: ORDER.index(way.kind))[:EACH]) for key, ways in found.items()}


def _way(kind: str, value: str, normalised: str, consent: str) -> Way:
    return Way(kind, value, "" if consent == "opted_out" else _address(kind, value, normalised))


def _address(kind: str, value: str, normalised: str) -> str:
    if kind == "email":
        return f"mailto:{value}"
    return f"https://wa.me/{normalised.lstrip('+')}" if kind == "whatsapp" else f"tel:{normalised or value}"


def of_lead(lead: Lead) -> list[tuple[str, str, str]]:
    """What stands beside a lead: the ways to its contact, else those to its company."""
    contact_id: Any = lead.contact_id  # type: ignore[attr-defined]
    ways = ways_of([contact_id]).get(contact_id, ()) if contact_id else tuple(_of_company(lead))
    return [(way.label, way.words, way.href) for way in ways]


def _of_company(lead: Any) -> Iterator[Way]:
    surface = reach(Company)
    company: Any = surface.get(lead.company_id) if lead.company_id and surface.may("read") else None
    for kind in ("phone", "email") if company is not None else ():
        value = getattr(company, kind) if kind in surface.fields else None
        if value:
            yield Way(kind, value, _address(kind, value, value))
