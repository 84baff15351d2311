"""What happens to contacts and companies may change where their leads belong: handlers that look again.

Closed leads stay where they were won or lost, or past figures would change with an address.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import event, or_, select
from sqlalchemy.orm import Session

from app.sdk import ContactAddress, Handler, Job, JobRun, _l, enqueue, session
from plugins.crm.models import Lead
from plugins.crm.services.conditions import with_details
from plugins.crm.services.hearing import Ear
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.territories.finding import place
from plugins.crm.services.territories.known import known

JOB = "crm.territories_follow"
_LEAD: Any = Lead


def jobs() -> list[Job]:
    return [Job(JOB, follow, _l("Find the territories of a contact's leads anew"), keep_days=1)]


def handlers() -> list[Handler]:
    ear = Ear(lambda: known().details, look_again)
    return [
        Handler("contacts.contact_updated", ear.contact_changed, "territories_after_contact", batch=50),
        Handler("contacts.company_updated", ear.company_changed, "territories_after_company", batch=50),
        Handler("contacts.address_created", ear.address_changed, "territories_after_new_address", batch=50),
        Handler("contacts.address_updated", ear.address_changed, "territories_after_address", batch=50),
        Handler("merging.records_merged", joined, "territories_after_merge"),
        Handler("merging.merge_undone", joined, "territories_after_undo"),
    ]


def joined(happened: Any, told: Any) -> None:
    """The handler: contacts or companies became one, or are apart again, and their leads with them."""
    ids = [happened.survivor_id, *happened.merged_ids]
    if happened.resource == "contacts.contact":
        look_again(contacts=ids)
    elif happened.resource == "contacts.company":
        look_again(companies=ids)


@event.listens_for(Session, "before_flush")
def note_removed(current: Session, _context: Any, _instances: Any) -> None:
    """An address that goes is gone before anybody hears of it: its contact is remembered."""
    gone: list[Any] = [one for one in current.deleted if isinstance(one, ContactAddress)]
    for row in gone:
        enqueue(JOB, str(row.contact_id))


def follow(run: JobRun, contact: str) -> int:
    """The job for such a contact. Returns how many leads have another territory."""
    return look_again(contacts=[UUID(contact)])


def look_again(contacts: Iterable[UUID] = (), companies: Iterable[UUID] = ()) -> int:
    """Let the rules look at the open leads of these contacts and companies whose territory nobody chose. Returns how
    many have another one."""
    territories = known()
    if not territories.rules:
        return 0
    about = or_(_LEAD.contact_id.in_(list(contacts)), _LEAD.company_id.in_(list(companies)))
    wanted = select(Lead).where(*is_open(), about, ~_LEAD.territory_by_hand).order_by(Lead.id)
    leads = session.scalars(wanted.with_for_update()).all()
    return sum(place(lead, territories) for lead in with_details(leads, territories.details))
