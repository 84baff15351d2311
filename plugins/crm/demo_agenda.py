"""Believable activities, tasks and appointments on the leads of a demo tenant."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.sdk import Tenant, _, session, utcnow
from plugins.crm.models import Activity, Appointment, Lead, Task
from plugins.crm.services import clock
from plugins.crm.services.open_leads import is_open

KINDS = ("call", "call", "email", "meeting")
RESULTS = ("reached", "reached", "voicemail", "no_answer", "call_back")


def fill(tenant: Tenant) -> None:
    """Write them; the caller commits. Leads without an owner have nothing yet."""
    chance = random.Random(f"agenda {tenant.slug}")  # noqa: S311  (the same demo every time)
    leads = session.scalars(select(Lead).where(*is_open(), Lead.assigned_to_id.is_not(None)).order_by(Lead.id)).all()
    for lead in leads:
        session.add_all(_activities(lead, chance))
        if chance.random() < 0.35:
            session.add(_task(lead, chance))
    session.add_all(_appointments(tenant, leads, chance))
    session.flush()


def _activities(lead: Lead, chance: random.Random) -> Iterator[Activity]:
    at = lead.last_activity_at
    for _number in range(chance.randint(0, 3)):
        kind = chance.choice(KINDS)
        yield Activity(
            kind=kind, lead_id=lead.id, contact_id=lead.contact_id, company_id=lead.company_id, at=at,
            done_by_id=lead.assigned_to_id, direction=None if kind == "meeting" else "out",
            result=chance.choice(RESULTS) if kind == "call" else None, subject=chance.choice(_subjects()),
            minutes=None if kind == "email" else chance.randint(2, 45), created_at=at,
        )  # fmt: skip
        at -= timedelta(hours=chance.randint(20, 200))


def _task(lead: Lead, chance: random.Random) -> Task:
    return Task(
        title=chance.choice(_tasks()), state="open", lead_id=lead.id, contact_id=lead.contact_id,
        company_id=lead.company_id, assignee_id=lead.assigned_to_id, priority=lead.priority,
        due_at=utcnow().replace(minute=0, second=0, microsecond=0) + timedelta(hours=chance.randint(-40, 200)),
    )  # fmt: skip


def _appointments(tenant: Tenant, leads: Any, chance: random.Random) -> Iterator[Appointment]:
    """One an hour for each person at most, on working days: nobody has two at once."""
    zone, taken = clock.zone_of(tenant.timezone), set()
    today = clock.today(utcnow(), zone)
    for lead in leads:
        day, hour = today + timedelta(days=chance.randint(0, 13)), chance.randint(9, 16)
        if chance.random() > 0.25 or day.weekday() not in clock.working_days(tenant.country):
            continue
        if (lead.assigned_to_id, day, hour) in taken:
            continue
        taken.add((lead.assigned_to_id, day, hour))
        begins: datetime = clock.at(day, clock.MIDNIGHT.replace(hour=hour), zone)
        yield Appointment(
            lead_id=lead.id, title=lead.title, kind=chance.choice(("call", "video", "visit", "demo")),
            assignee_id=lead.assigned_to_id, scheduled_at=begins, timezone=tenant.timezone, invites=False,
            ends_at=begins + timedelta(minutes=chance.choice((30, 45, 60))),
        )  # fmt: skip


def _subjects() -> tuple[str, ...]:
    return (_("First talk"), _("Questions about the offer"), _("Terms"), _("Needs and budget"))


def _tasks() -> tuple[str, ...]:
    return (_("Send the offer"), _("Prepare the demonstration"), _("Check the terms"), _("Ask for references"))
