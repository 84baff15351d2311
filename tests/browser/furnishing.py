"""A tenant with something of each kind in it, and the ids that the addresses of `tests.browser.kinds` name."""

from __future__ import annotations

import io
import random
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from app.contacts.demo_pictures import logo, portrait
from app.contacts.models import Company, Contact
from app.data import Money, utcnow, uuid7
from app.events.models import DomainEvent
from app.files.pictures.services import take_picture
from app.host import registry
from app.messaging.unsubscribing import unsubscribe_address
from app.payments.addresses import payment_address
from app.payments.models import Payment
from app.screens.reading import Surface
from app.tenancy.models import Membership
from app.transfer import exporting, services
from plugins.crm.models import CaptureForm, Task
from plugins.crm.tests.agenda import member_of, new_lead
from plugins.crm.tests.capture.questions import QUESTIONS, question
from tests.merging_house import merge_now
from tests.plugins_for_tests.garage.parts import Part
from tests.transfer_house import Run, bring, inside, take_back

PEOPLE = "contacts.contact"
GUESTS = b"Full name,E-mail,Birthday\nVera Lind,vera@example.org,1990-02-03\nOmar Said,omar at home,31.31.1990\n"
NAMES = [("Nora", "Haddad"), ("سامر", "الشمري"), *((f"Zenobia{number:02}", "Quill") for number in range(30))]


def furnish(app, house, tenant):
    """Fill it, and return the ids by the names under which addresses mention them."""
    contacts = house.add(*map(_person, NAMES), Company(name="شركة الأصالة"), tenant=tenant)
    _show(house, tenant, contacts)
    me = member_of(house, tenant, "owner")
    leads = [
        new_lead(house, tenant, me, title=f"Order {n}", next_follow_up_at=utcnow() - timedelta(hours=n)) for n in (1, 2)
    ]
    house.add(Task(title="Call back", state="open", due_at=utcnow(), assignee_id=me), tenant=tenant)
    with house.inside(tenant) as session:
        event = session.scalar(select(DomainEvent.id).limit(1))
    found = {"contact": contacts[0], "lead": leads[0], "event": event, "part": _car(house, tenant)}
    return found | _moved_in_bulk(app, house, tenant) | _merged(app, house, tenant) | _public(house, tenant)


def _show(house, tenant, ids):
    """Pictures of most contacts, and of the company; the contact that the addresses name has one."""
    chance = random.Random(1)
    with house.inside(tenant) as session:
        for one in ids[:-1:2]:
            session.get(Contact, one).photo = take_picture(session, portrait(chance))
        session.get(Company, ids[-1]).logo = take_picture(session, logo(chance))
        session.commit()


def _person(name):
    first, last = name
    return Contact(first_name=first, last_name=last, full_name=f"{first} {last}", source="web")


def _car(house, tenant):
    """A tree, three levels deep; the key of what is in its middle."""
    above = None
    for name, number in (("Car", "C-1"), ("محرك", "E-20"), ("Valve", "V-300")):
        part, spare = Part(name=name, number=number), Part(name=f"{name} spare", spare=True)
        part.part_of_id = spare.part_of_id = above
        middle, (above, _spare) = above, house.add(part, spare, tenant=tenant)
    return middle


def _moved_in_bulk(app, house, tenant):
    """Imports at each of their stages, and a file that was written."""
    owner = house.people[tenant.slug, "owner"]
    tried = bring(app, tenant, PEOPLE, GUESTS, owner, dry=True, name="guests.csv")
    brought = bring(app, tenant, PEOPLE, GUESTS, owner, name="guests.csv")
    kept = bring(app, tenant, PEOPLE, b"First name,Last name\nKept,Person\nGone,Person\n", owner, name="kept.csv")
    with house.inside(tenant) as session:
        session.scalars(select(Contact).where(Contact.full_name == "Kept Person")).one().position = "Changed since"
        session.commit()
    take_back(app, tenant, kept, owner)
    with inside(app, tenant, owner) as session:
        surface = Surface(registry().entries[PEOPLE], session)
        written = exporting.ask_for(session, surface, exporting.Wanted("", (), "csv"))
        planned = services.take_in(session, surface, io.BytesIO(GUESTS), "guests.csv")
        session.commit()
        exporting.run_export(Run(), str(written.id))
        session.commit()
        found = {"export": written.id, "planned": planned.id}
    return found | {"tried": tried.id, "brought": brought.id, "kept": kept.id}


def _merged(app, house, tenant):
    twice = house.add(*(Contact(first_name="Twice", full_name=f"Twice {n}") for n in (1, 2)), tenant=tenant)
    return {"merge": merge_now(app, tenant, twice, account=house.people[tenant.slug, "owner"])}


def _public(house, tenant):
    """What strangers see: a form, a payment, the way out of the daily e-mail."""
    asked = [
        question(label, target, kind, position=at, **extra) for at, (label, target, kind, extra) in enumerate(QUESTIONS)
    ]
    form = CaptureForm(name="Website", key=uuid4().hex[:12], questions=asked, source="web")
    payment = Payment(
        number="P-1", title="Ten apples", amount=Money(12_50, "EUR"), provider="stripe_payments.checkout",
        dedupe_key=str(uuid7()),
    )  # fmt: skip
    house.add(form, payment, tenant=tenant)
    with house.inside(tenant) as session:
        member = session.scalar(select(Membership.id).limit(1))
        out, paying = unsubscribe_address(member), payment_address(session.get_one(Payment, payment.id))
    return {"form": form.key, "out": out.split("/", 3)[3], "pay": paying.rsplit("/", 1)[1]}
