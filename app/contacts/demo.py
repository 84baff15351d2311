"""Believable contacts and companies for a demo tenant, in English and Arabic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from app.contacts.demo_people import DemoPerson, companies, people
from app.contacts.models import Company, Consent, Contact, ContactAddress, ContactChannel, Note, Suppression
from app.data import db, utcnow
from app.host.custom_fields import CustomFieldDef
from app.tenancy.models import Membership, Tenant

COMPANIES = 300
PEOPLE = 1_500
_ARABIC_SHARE = {"ar": 0.9, "en": 0.2}
_SOURCES = ("website", "referral", "trade fair", "phone", "import")


def fill(tenant: Tenant) -> None:
    """Write the records; the caller commits."""
    chance = random.Random(tenant.slug)  # noqa: S311  (the same demo every time)
    _custom_fields()
    db.session.flush()
    firms = {firm.name: firm for firm in _companies(tenant, chance)}
    db.session.add_all(firms.values())
    db.session.flush()
    members = list(db.session.scalars(select(Membership)))
    known = list(companies(tenant.slug, COMPANIES))
    for person in people(tenant.slug, PEOPLE, _ARABIC_SHARE.get(tenant.locale, 0.3), known):
        contact = _contact(person, chance)
        contact.company = firms.get(person.company.name) if person.company else None
        contact.assigned_to = chance.choice(members) if members and chance.random() < 0.6 else None
        db.session.add(contact)
        db.session.add_all(_around(contact, person, chance))
    db.session.add_all(_suppressions(tenant))
    db.session.flush()


def _custom_fields() -> None:
    fields = (
        CustomFieldDef(
            resource="contacts.contact", key="loyalty", label=_("Loyalty level"), kind="choice", position=10,
            options="\n".join((_("Bronze"), _("Silver"), _("Gold"))),
        ),
        CustomFieldDef(
            resource="contacts.contact", key="next_visit", label=_("Next visit"), kind="day", position=20
        ),
        CustomFieldDef(
            resource="contacts.company", key="vehicles", label=_("Vehicles"), kind="integer", position=10
        ),
    )  # fmt: skip
    db.session.add_all(fields)


def _companies(tenant: Tenant, chance: random.Random) -> Iterator[Company]:
    for firm in companies(tenant.slug, COMPANIES):
        yield Company(
            name=firm.name,
            industry=firm.industry,
            domain=firm.domain,
            website=firm.website,
            size=firm.size,
            city=firm.city,
            country=firm.country,
            tags=[_("Partner")] if chance.random() < 0.15 else [],
            custom_fields={"vehicles": chance.randint(1, 80)} if chance.random() < 0.3 else {},
        )


def _contact(person: DemoPerson, chance: random.Random) -> Contact:
    custom: dict[str, str] = {}
    if chance.random() < 0.4:
        custom["loyalty"] = chance.choice((_("Bronze"), _("Silver"), _("Gold")))
    if chance.random() < 0.2:
        custom["next_visit"] = (utcnow() + timedelta(days=chance.randint(1, 60))).date().isoformat()
    return Contact(
        first_name=person.first_name,
        last_name=person.last_name,
        full_name=f"{person.first_name} {person.last_name}",
        position=person.position,
        birthday=person.birthday,
        tags=list(person.tags),
        locale=person.locale,
        source=chance.choice(_SOURCES),
        custom_fields=custom,
        deleted_at=utcnow() if chance.random() < 0.01 else None,
        channels=[_channel("phone", person.phone), _channel("email", person.email)],
        addresses=[
            ContactAddress(
                street_address=person.street_address, city=person.city, country=person.country, is_default=True
            )
        ],
    )


def _channel(kind: str, value: str) -> ContactChannel:
    return ContactChannel(kind=kind, value=value, value_normalised=value.lower(), is_primary=True)


def _around(contact: Contact, person: DemoPerson, chance: random.Random) -> Iterator[Note | Consent]:
    if person.note:
        yield Note(target_type="contacts.contact", target_id=contact.id, content=person.note)
    if chance.random() < 0.2:
        at = utcnow() - timedelta(days=chance.randint(1, 400))
        yield Consent(
            contact=contact, channel="email", purpose="marketing", state="given", source=_("Sign-up form"), at=at
        )


def _suppressions(tenant: Tenant) -> Iterator[Suppression]:
    for number in range(1, 9):
        reason = ("opt_out", "bounce", "complaint", "manual")[number % 4]
        yield Suppression(channel="email", value=f"gone{number}@{tenant.slug}.example", reason=reason)
