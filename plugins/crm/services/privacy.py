"""What sales know of a person, and forgetting it: leads stay as figures, what was said in words goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from app.sdk import Contact, _, erase_hung, session
from plugins.crm.models import Activity, Appointment, CaptureSubmission, Lead, SocialSnapshot, Task, Territory
from plugins.crm.services.capture.receiving import CLICKS, UTM


def export(contact: Contact) -> Mapping[str, Any]:
    """Leads, activities, tasks and what was sent by forms."""
    return {name: found for name, found in _said(contact).items() if found}


def _said(contact: Contact) -> dict[str, list[dict[str, Any]]]:
    touch = [getattr(Lead, name) for name in UTM]
    leads = select(Lead.title, Lead.description, Lead.source, Territory.name.label("territory"), *touch)
    leads = leads.outerjoin(Territory, Territory.id == Lead.territory_id).where(Lead.contact_id == contact.id)
    activities = select(Activity.kind, Activity.subject, Activity.at, Activity.notes).where(
        _is_about(Activity, contact)
    )
    tasks = select(Task.title, Task.notes, Task.due_at).where(_is_about(Task, contact))
    met = select(Appointment.title, Appointment.scheduled_at, Appointment.location, Appointment.notes)
    sent = select(CaptureSubmission.created_at, CaptureSubmission.answers, CaptureSubmission.address)
    return {
        "leads": _rows(leads),
        "activities": _rows(activities),
        "tasks": _rows(tasks),
        "appointments": _rows(met.where(_is_about(Appointment, contact))),
        "snapshots": _rows(
            _snapshots(
                contact,
                SocialSnapshot.source,
                SocialSnapshot.taken_at,
                SocialSnapshot.headline,
                SocialSnapshot.profile,
                SocialSnapshot.data,
            )
        ),
        "forms": _rows(sent.where(_is_about(CaptureSubmission, contact))),
    }


def _snapshots(contact: Contact, *columns: Any) -> Any:
    """What others said of the person and of their leads."""
    leads = select(Lead.id).where(Lead.contact_id == contact.id)  # type: ignore[attr-defined]
    return select(*columns).where(
        or_(SocialSnapshot.target_id == contact.id, SocialSnapshot.target_id.in_(leads)),
        SocialSnapshot.target_type.in_(("contacts.contact", "crm.lead")),
    )


def _rows(statement: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row._mapping.items() if value} for row in session.execute(statement)]


def erase(contact: Contact) -> list[UUID]:
    """Leads keep stage, value, territory and dates; words, outside ids, what was noted of activities and appointments,
    tasks, submissions and snapshots go, and notes and files that hang on any of them. Returns the ids of all."""
    snapshots = list(session.scalars(_snapshots(contact, SocialSnapshot)))
    rows = {model: _about(model, contact) for model in (Lead, Activity, Appointment, Task, CaptureSubmission)}
    for lead in rows[Lead]:
        lead.title, lead.description, lead.tags, lead.custom_fields = _("Forgotten person"), None, [], {}
        lead.external_id = None
        for name in CLICKS:  # they lead to a person at the platform; what the campaign was called does not
            setattr(lead, name, None)
        lead.territory_by_hand = lead.territory_id is not None  # no rule can say it without an address
    for activity in rows[Activity]:
        activity.subject, activity.notes, activity.custom_fields = None, None, {}
    for met in rows[Appointment]:
        met.title, met.custom_fields = _("Forgotten person"), {}
        met.location = met.notes = met.cancel_reason = None
    hung = erase_hung(row for found in rows.values() for row in found)
    for row in (*rows[Task], *rows[CaptureSubmission], *snapshots):
        session.delete(row)
    return [*hung, *(row.id for found in (*rows.values(), snapshots) for row in found)]


def _about(model: Any, contact: Contact) -> list[Any]:
    return list(session.scalars(select(model).where(_is_about(model, contact))))


def _is_about(model: Any, contact: Contact) -> Any:
    """Rows that name the person, and those that name nobody but a lead of theirs."""
    leads = select(Lead.id).where(Lead.contact_id == contact.id)  # type: ignore[attr-defined]
    if model is Appointment:
        return model.lead_id.in_(leads)
    named = model.contact_id == contact.id
    return named if model is Lead else or_(named, and_(model.contact_id.is_(None), model.lead_id.in_(leads)))
