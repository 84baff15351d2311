"""What happens to contacts, companies and activities may change the scores of their open leads: handlers that look
again. Scores are looked at by no rule and heard of by none of these, so nothing goes round."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, or_, select
from sqlalchemy.orm import Session

from app.sdk import ContactAddress, ContactChannel, Handler, Job, JobRun, _l, enqueue, session
from plugins.crm.models import Activity, Lead
from plugins.crm.services.conditions.condition import WAYS
from plugins.crm.services.hearing import Ear
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.scoring.points import score
from plugins.crm.services.scoring.rules import known

JOB = "crm.scores_follow"
_LEAD: Any = Lead


def jobs() -> list[Job]:
    return [Job(JOB, follow, _l("Score the leads of a contact again"), unique=True, keep_days=1)]


def handlers() -> list[Handler]:
    ear = Ear(lambda: known().details, look_again)
    rows = {
        "contacts.contact_updated": ear.contact_changed, "contacts.company_updated": ear.company_changed,
        "contacts.channel_created": channel_changed, "contacts.channel_updated": channel_changed,
        "contacts.address_created": ear.address_changed, "contacts.address_updated": ear.address_changed,
        "crm.activity_created": activity_changed, "crm.activity_updated": activity_changed,
        "crm.activity_deleted": activity_changed, "merging.records_merged": joined, "merging.merge_undone": joined,
    }  # fmt: skip
    return [Handler(name, run, f"scores_after_{name.replace('.', '_')}", batch=50) for name, run in rows.items()]


def channel_changed(happened: Any, told: Any) -> None:
    """The handler: a contact has a new way to be reached, or another one."""
    row: Any = session.get(ContactChannel, happened.id)
    if row is not None and not known().details.isdisjoint(WAYS):
        look_again(contacts=[row.contact_id])


def activity_changed(happened: Any, told: Any) -> None:
    """The handler: something was done about a lead, or written down otherwise."""
    row: Any = session.get(Activity, happened.id)
    if row is not None and row.lead_id is not None and known().look_at_activities:
        look_again(leads=[row.lead_id])


def joined(happened: Any, told: Any) -> None:
    """The handler: contacts, companies or leads became one, or are apart again."""
    kinds = {"contacts.contact": "contacts", "contacts.company": "companies", "crm.lead": "leads"}
    if happened.resource in kinds:
        look_again(**{kinds[happened.resource]: [happened.survivor_id, *happened.merged_ids]})


@event.listens_for(Session, "before_flush")
def note_gone(current: Session, _context: Any, _instances: Any) -> None:
    """What goes is gone before anybody hears of it: whose it was is remembered."""
    rows: list[Any] = [one for one in current.deleted if isinstance(one, ContactChannel | ContactAddress)]
    moved: list[Any] = [one for one in current.dirty if isinstance(one, Activity)]
    left = {lead for one in moved for lead in inspect(one).attrs.lead_id.history.deleted or () if lead is not None}
    if (not rows and not left) or current is not session():
        return
    with current.no_autoflush:
        details = known().details
        if any(name in WAYS or name.startswith("address.") for name in details):
            for contact in sorted({row.contact_id for row in rows}):
                enqueue(JOB, "contacts", str(contact))
        for lead in sorted(left) if known().look_at_activities else ():
            enqueue(JOB, "leads", str(lead))


def follow(run: JobRun, whose: str, key: str) -> int:
    """The job for what is gone. Returns how many leads have another score."""
    return look_again(**{whose: [UUID(key)]})


def look_again(
    contacts: Iterable[UUID] = (), companies: Iterable[UUID] = (), leads: Iterable[UUID] = ()
) -> int:  # fmt: skip
    """Score the open leads of these contacts and companies, and these leads. Returns how many have another score."""
    rules = known()
    if not rules.rules:
        return 0
    about = or_(_LEAD.contact_id.in_(list(contacts)), _LEAD.company_id.in_(list(companies)), Lead.id.in_(list(leads)))
    wanted = select(Lead).where(*is_open(), about).order_by(Lead.id).with_for_update()
    return score(session.scalars(wanted).all(), rules)
