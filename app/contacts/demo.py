"""Believable contacts and companies for a demo tenant, in English and Arabic."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.contacts import demo_layout
from app.contacts.bulk import NewAddress, NewChannel, NewCompany, NewContact, NewNote, store
from app.contacts.demo_people import DemoCompany, DemoPerson, companies, people
from app.contacts.demo_pictures import logo, portrait
from app.contacts.demo_words import TAGS
from app.contacts.models import Company, Consent, Contact, Suppression
from app.data import db, utcnow
from app.data.bulk import insert_many
from app.files.pictures.services import take_picture
from app.host.custom_fields import CustomFieldDef
from app.screens.saved_views import SavedView
from app.search.tags import COLOURS, Tag
from app.tenancy.models import Membership, Tenant

COMPANIES = 300
PEOPLE = 1_500
FACES, LOGOS = 40, 20
"""How many of the newest have pictures."""
_ARABIC_SHARE = {"ar": 0.9, "en": 0.2}
_SOURCES = ("website", "referral", "trade fair", "phone", "import")


def fill(tenant: Tenant) -> None:
    """Write the records; the caller commits."""
    chance = random.Random(tenant.slug)  # noqa: S311  (the same demo every time)
    _custom_fields()
    _colour_tags()
    demo_layout.fill(tenant.locale)
    members = list(db.session.scalars(select(Membership).order_by(Membership.email)))
    _saved_views(members)
    known = list(companies(tenant.slug, COMPANIES))
    firms = {firm.name: _company(firm, chance, members) for firm in known}
    contacts: list[NewContact] = []
    notes: list[NewNote] = []
    consents: list[dict[str, Any]] = []
    for person in people(tenant.slug, PEOPLE, _ARABIC_SHARE.get(tenant.locale, 0.3), known):
        contact = _contact(person, chance, members)
        contact.company_id = firms[person.company.name].id if person.company else None
        contacts.append(contact)
        notes += _notes(contact, person, chance)
        consents += _consents(contact, chance)
    db.session.add_all(_suppressions(tenant))
    db.session.flush()
    store(db.session(), contacts, list(firms.values()), notes)
    insert_many(db.session(), Consent, consents)
    _pictures(contacts, list(firms.values()), chance)


def _pictures(contacts: Sequence[NewContact], firms: Sequence[NewCompany], chance: random.Random) -> None:
    """Of the newest ones: the first page of a gallery shows faces, and some that have none."""
    shown = ((Contact, "photo", portrait, contacts, FACES), (Company, "logo", logo, firms, LOGOS))
    for model, field, draw, rows, most in shown:
        newest = sorted(rows, key=lambda one: one.created_at, reverse=True)[:most]
        for row in newest:
            if chance.random() < 0.85:
                key = take_picture(db.session(), draw(chance))
                setattr(db.session.get_one(model, row.id), field, key)
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


def _colour_tags() -> None:
    """Tags with colours, so that lists are easy to read."""
    names = dict.fromkeys([*TAGS, _("Partner")])
    colours = cycle(COLOURS[1:])
    db.session.add_all(Tag(name=name, colour=next(colours).value) for name in names)


def _saved_views(members: Sequence[Membership]) -> None:
    """Views that everybody sees, and one of each member's own."""
    shared = (
        (_("Added last"), "sort=-created_at"),
        (_("Partners"), "tags.has=" + quote(_("Partner"))),
        (_("Nobody looks after them"), "assigned_to.empty=true"),
    )
    resources = ("contacts.contact", "contacts.company", "contacts.contact")
    for resource, (name, query) in zip(resources, shared, strict=True):
        db.session.add(SavedView(resource=resource, name=name, query=query, audience="shared"))
    for member in members:
        mine = SavedView(resource="contacts.contact", name=_("Mine"), query=f"assigned_to.is={member.id}")
        mine.audience, mine.created_by = "private", member.account_uid
        db.session.add(mine)


def _company(firm: DemoCompany, chance: random.Random, members: Sequence[Membership]) -> NewCompany:
    return NewCompany(
        name=firm.name,
        industry=firm.industry,
        domain=firm.domain,
        website=firm.website,
        size=firm.size,
        city=firm.city,
        country=firm.country,
        owner_id=_somebody(members, chance),
        tags=[_("Partner")] if chance.random() < 0.15 else [],
        custom_fields={"vehicles": chance.randint(1, 80)} if chance.random() < 0.3 else {},
        created_at=_lately(chance),
        deleted_at=utcnow() if chance.random() < 0.01 else None,
    )


def _contact(person: DemoPerson, chance: random.Random, members: Sequence[Membership]) -> NewContact:
    custom: dict[str, str] = {}
    if chance.random() < 0.4:
        custom["loyalty"] = chance.choice((_("Bronze"), _("Silver"), _("Gold")))
    if chance.random() < 0.2:
        custom["next_visit"] = (utcnow() + timedelta(days=chance.randint(1, 60))).date().isoformat()
    address = NewAddress(
        street_address=person.street_address, city=person.city, country=person.country, is_default=True
    )
    return NewContact(
        first_name=person.first_name,
        last_name=person.last_name,
        full_name=f"{person.first_name} {person.last_name}",
        position=person.position,
        birthday=person.birthday,
        tags=list(person.tags),
        locale=person.locale,
        source=chance.choice(_SOURCES),
        assigned_to_id=_somebody(members, chance) or _keeper(person, members),
        custom_fields=custom,
        created_at=_lately(chance),
        deleted_at=utcnow() if chance.random() < 0.01 else None,
        channels=[_channel("phone", person.phone), _channel("email", person.email)],
        addresses=[address],
    )


def _channel(kind: str, value: str) -> NewChannel:
    return NewChannel(kind=kind, value=value, value_normalised=value.lower(), is_primary=True)


def _keeper(person: DemoPerson, members: Sequence[Membership]) -> Any:
    """Whoever looks after an important contact that nobody was given, as the demo's form rule wants it."""
    return members[0].id if demo_layout.IMPORTANT in person.tags and members else None


def _somebody(members: Sequence[Membership], chance: random.Random) -> UUID | None:
    return chance.choice(members).id if members and chance.random() < 0.6 else None


def _lately(chance: random.Random) -> datetime:
    """Some time in the last year: not everything was entered in one second."""
    return utcnow() - timedelta(minutes=chance.randint(1, 365 * 24 * 60))


def _notes(contact: NewContact, person: DemoPerson, chance: random.Random) -> Iterator[NewNote]:
    if person.note:
        yield NewNote(contact.id, person.note, pinned=chance.random() < 0.1, created_at=_lately(chance))


def _consents(contact: NewContact, chance: random.Random) -> Iterator[dict[str, Any]]:
    """What was agreed to, and sometimes taken back."""
    if chance.random() < 0.2:
        given = _lately(chance)
        yield _consent(contact, "given", given)
        if chance.random() < 0.2:
            yield _consent(contact, "withdrawn", given + (utcnow() - given) / 2)


def _consent(contact: NewContact, state: str, at: datetime) -> dict[str, Any]:
    return {
        "contact_id": contact.id, "channel": "email", "purpose": "marketing", "state": state,
        "source": _("Sign-up form"), "at": at,
    }  # fmt: skip


def _suppressions(tenant: Tenant) -> Iterator[Suppression]:
    for number in range(1, 9):
        reason = ("opt_out", "bounce", "complaint", "manual")[number % 4]
        yield Suppression(channel="email", value=f"gone{number}@{tenant.slug}.example", reason=reason)
