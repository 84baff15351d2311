"""Response targets, a holiday and answers for a demo tenant whose leads and activities are there already."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.sdk import Tenant, _, session, utcnow
from plugins.crm.models import Activity, Holiday, Lead, ResponseTarget
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.response import waiting

WAITING = 24
"""Leads of each tenant whose customers wait now."""


def fill(tenant: Tenant) -> None:
    """Two targets, and for every lead what they make of its activities so far; the caller commits."""
    chance = random.Random(f"answers {tenant.slug}")  # noqa: S311  (the same demo every time)
    session.add(Holiday(name=_("New Year"), falls_on=date(utcnow().year, 1, 1), is_yearly=True))
    session.add_all(_targets())
    session.flush()
    leads = session.scalars(select(Lead).where(*is_open()).order_by(Lead.id)).all()
    said = _activities()
    for lead in leads:
        _play(lead, said.get(lead.id, []), chance)
    session.flush()
    for lead in chance.sample(leads, min(WAITING, len(leads))):
        waiting.wait(lead, utcnow() - timedelta(minutes=chance.randint(5, 600)))
    session.flush()


def _targets() -> list[ResponseTarget]:
    return [
        ResponseTarget(name=_("Important leads"), position=1, priority="high", first_minutes=60, again_minutes=120),
        ResponseTarget(name=_("All leads"), position=2, first_minutes=240, again_minutes=480, warn_minutes=30),
    ]


def _activities() -> dict[Any, list[datetime]]:
    found: dict[Any, list[datetime]] = {}
    for lead_id, at in session.execute(select(Activity.lead_id, Activity.at).order_by(Activity.at)):  # type: ignore[attr-defined]
        found.setdefault(lead_id, []).append(at)
    return found


def _play(lead: Any, said: list[datetime], chance: random.Random) -> None:
    """The customer wrote some time before each answer; the first time when the lead was made."""
    for at in said:
        asked = at - timedelta(minutes=chance.choice((15, 40, 90, 200, 500)))
        if lead.first_responded_at is None or asked > lead.first_responded_at:
            waiting.wait(lead, asked)
            waiting.answered(lead, at)
