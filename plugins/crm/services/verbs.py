"""What people do with leads: win, lose, open again, convert."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.sdk import Company, Contact, FieldError, _, fields_of, publish, session, utcnow
from plugins.crm.events import LeadConverted
from plugins.crm.models import Lead, Stage, StageChange
from plugins.crm.services import leads, territories
from plugins.crm.services.open_leads import is_closed
from plugins.crm.services.stages import stages_of


def win(rows: Sequence[Lead]) -> None:
    """Bring them to the stage of their pipeline that is for the won."""
    for lead in rows:
        move(lead, _only(lead, "won"))


def lose(rows: Sequence[Lead], reason: UUID) -> None:
    """Bring them to the stage for the lost, and say why."""
    for lead in rows:
        lead.lost_reason_id = reason
        move(lead, _only(lead, "lost"))


def reopen(rows: Sequence[Lead]) -> None:
    """Bring them back to the open stage they were in last; to the first one when that is gone."""
    for lead in rows:
        if not is_closed(lead):
            raise ValueError(_("“%(name)s” is open already.", name=lead.title))
        move(lead, _last_open(lead))


def is_not_won(lead: Lead) -> bool:
    """Is it anything but won?"""
    return lead.won_at is None


def is_not_lost(lead: Lead) -> bool:
    """Is it anything but lost?"""
    return lead.lost_at is None


def move(lead: Lead, stage: Stage) -> None:
    """Put a lead into a stage by all rules. Raises ValueError in words that name the lead and what it lacks."""
    lead.stage_id = stage.id
    try:
        leads.complete(lead, False)
    except FieldError as error:
        fields = {**Lead.__fields__, **fields_of(Lead)}
        labels = {name: fields[name].words if name in fields else "" for name in error.errors}
        said = " ".join(f"{labels[name]}: {words}" for name, words in error.errors.items())
        raise ValueError(f"“{lead.title}” – {said}") from None


def _only(lead: Lead, kind: str) -> Stage:
    found = stages_of(lead, kind)
    if not found:
        raise ValueError(_("The pipeline of “%(name)s” has no stage of this kind.", name=lead.title))
    return found[0]


def _last_open(lead: Lead) -> Stage:
    been = select(StageChange.from_stage_id).where(StageChange.lead_id == lead.id).order_by(StageChange.id.desc())
    open_ones = {stage.id: stage for stage in stages_of(lead, "open")}
    before = next((key for key in session.scalars(been.limit(20)) if key in open_ones), None)
    if before is not None:
        return open_ones[before]
    return _only(lead, "open")


def convert(
    rows: Sequence[Lead], contact: UUID | None, company: UUID | None, person: str | None, organisation: str | None
) -> None:
    """Make customers of them: each gets the contact and company that are named, keeps its own, or gets new ones. Other
    plugins hear of it and make what they keep for customers."""
    for lead in rows:
        if lead.converted_at is not None:
            raise ValueError(_("“%(name)s” was converted already.", name=lead.title))
        lead.company_id = company or lead.company_id or _new_company(organisation)
        lead.contact_id = contact or lead.contact_id or _new_contact(person)
        if lead.contact_id is None and lead.company_id is None:
            raise FieldError(
                "person", _("Whom does “%(name)s” become? Choose or name a contact or company.", name=lead.title)
            )
        _introduce(lead)
        territories.settle(lead, False)
        lead.converted_at = utcnow()
        amount = lead.value.amount if lead.value is not None else None
        currency = lead.value.currency if lead.value is not None else None
        publish(LeadConverted(lead.id, lead.contact_id, lead.company_id, amount, currency), aggregate=lead)


def is_unconverted(lead: Lead) -> bool:
    """May it still be converted? What is lost may not."""
    return lead.converted_at is None and lead.lost_at is None


def _new_contact(name: str | None) -> UUID | None:
    if not name:
        return None
    first, _blank, last = name.partition(" ")
    made = Contact(first_name=first[:100], last_name=last[:100] or None, full_name=name[:255])
    session.add(made)
    session.flush()
    return made.id


def _new_company(name: str | None) -> UUID | None:
    if not name:
        return None
    made = Company(name=name)
    session.add(made)
    session.flush()
    return made.id


def _introduce(lead: Lead) -> None:
    """The contact works for the company, unless it has one."""
    contact = session.get(Contact, lead.contact_id) if lead.contact_id and lead.company_id else None
    if contact is not None and contact.company_id is None:
        contact.company_id = lead.company_id
