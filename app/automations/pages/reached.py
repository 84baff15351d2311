"""Automations and their records as whoever asks reaches them."""

from __future__ import annotations

from uuid import UUID

from flask import abort
from sqlalchemy import select

from app.automations.models import Automation
from app.data import db
from app.host.extending import entry_here
from app.screens.reading import Surface


def automation(automation_id: UUID) -> Automation:
    """The automation, or a 404."""
    found = db.session.scalars(select(Automation).where(Automation.id == automation_id)).one_or_none()
    return found if found is not None else abort(404)


def surface_of(row: Automation) -> Surface:
    """Its records as whoever asks sees them; a 404 where their plugin is off or gone."""
    entry = entry_here(row.resource)
    return Surface(entry, db.session()) if entry is not None else abort(404)
