"""Leads that may be one: alike by what they say, or of a contact who has an open lead already, whosever it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.sdk import Doubt, Member, _, alike, reach, session, similar
from plugins.crm.models import Lead
from plugins.crm.services.differences import changes
from plugins.crm.services.open_leads import is_closed, is_open

CODE = "open_lead"
MOST = 3
_LEAD: Any = Lead


def doubts(lead: Lead) -> list[Doubt]:
    """What somebody who saves a lead is asked about, once: of leads out of their reach they hear that there is one,
    and whom to ask."""
    found = similar(lead)
    known = {doubt.href for doubt in found}
    return [
        *found,
        *(doubt for doubt in _of_contact(lead, bool(found)) if doubt.href is None or doubt.href not in known),
    ]


def _of_contact(lead: Any, has_others: bool) -> list[Doubt]:
    contact_id = contact_of(lead)
    is_new = not inspect(lead).persistent
    if contact_id is None or is_closed(lead) or not (is_new or changes(lead, "contact_id")):
        return []
    others = select(Lead).where(_LEAD.contact_id == contact_id, Lead.id != lead.id, *is_open())
    with session.no_autoflush:
        rows = session.scalars(others.order_by(_LEAD.last_activity_at.desc(), Lead.id).limit(MOST)).all()
        within = _within_reach([row.id for row in rows]) if rows else set()
        seen = [_visible(row) for row in rows if row.id in within]
        # One sentence is enough about those that nothing may be told of.
        hidden = next((row for row in rows if row.id not in within), None)
        return [*seen, *([_hidden(hidden)] if hidden is not None and not (has_others and not seen) else [])]


def contact_of(lead: Any) -> UUID | None:
    """The contact a lead is about, also before it is stored."""
    if lead.contact_id is not None:
        found: UUID = lead.contact_id
        return found
    return lead.contact.id if lead.contact is not None else None


def _within_reach(ids: Collection[UUID]) -> set[UUID]:
    surface = reach(Lead)
    if not surface.may("read"):
        return set()
    return set(session.scalars(select(Lead.id).where(Lead.id.in_(ids), *surface.conditions())))


def _visible(row: Lead) -> Doubt:
    return Doubt(_("This contact has an open lead already: “%(name)s”.", name=row.title), CODE, f"/crm/lead/{row.id}")


def _hidden(row: Any) -> Doubt:
    owner = session.scalar(select(Member.name).where(Member.id == row.assigned_to_id)) if row.assigned_to_id else None
    if owner:
        words = _("This contact has an open lead already; a colleague looks after it. Please ask %(name)s.", name=owner)
    else:
        words = _("This contact has an open lead already; a colleague looks after it. Please ask an admin.")
    return Doubt(words, CODE)


def suspects(current: Session, rows: Sequence[Any], before: UUID) -> Mapping[UUID, Collection[UUID]]:
    """The same for many new leads at once, as imports ask it: those that must be asked about one by one."""
    found = {key: set(ids) for key, ids in alike(current, rows, before).items()}
    by_contact: dict[UUID, list[UUID]] = {}
    for row in rows:
        if (contact_id := contact_of(row)) is not None:
            by_contact.setdefault(contact_id, []).append(row.id)
    wanted = _LEAD.contact_id.in_(by_contact), Lead.id < before, *is_open()
    with current.no_autoflush:
        others = current.execute(select(_LEAD.contact_id, Lead.id).where(*wanted)).all() if by_contact else []
    for contact_id, other in others:
        for asker in by_contact[contact_id]:
            found.setdefault(asker, set()).add(other)
    return found
