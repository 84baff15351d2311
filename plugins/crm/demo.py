"""A believable pipeline for a demo tenant, on the contacts and companies it has."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.sdk import Contact, Member, Money, Tenant, _, session, utcnow
from plugins.crm.models import Lead, LeadStatus, LostReason, Stage

LEADS = 240


def fill(tenant: Tenant) -> None:
    """Write the leads; the caller commits."""
    chance = random.Random(f"crm {tenant.slug}")  # noqa: S311  (the same demo every time)
    stages = list(session.scalars(select(Stage).order_by(Stage.position)))
    statuses = list(session.scalars(select(LeadStatus.id)))
    reasons = list(session.scalars(select(LostReason.id)))
    members = list(session.scalars(select(Member.id).order_by(Member.email)))
    contacts = session.scalars(select(Contact).where(Contact.is_live()).order_by(Contact.id).limit(LEADS)).all()
    for contact in contacts:
        session.add(_lead(tenant, contact, stages, statuses, reasons, members, chance))
    session.flush()


def _lead(
    tenant: Tenant, contact: Contact, stages: Sequence[Stage], statuses: Sequence[Any], reasons: Sequence[Any],
    members: Sequence[Any], chance: random.Random,
) -> Lead:  # fmt: skip
    stage = chance.choices(stages, weights=(30, 24, 18, 12, 10, 8)[: len(stages)])[0]
    created = utcnow() - timedelta(minutes=chance.randint(60, 120 * 24 * 60))
    moved = created + (utcnow() - created) * chance.random()
    lead = Lead(
        title=_("%(what)s for %(name)s", what=chance.choice(_wares()), name=contact.full_name),
        contact_id=contact.id, company_id=contact.company_id, pipeline_id=stage.pipeline_id, stage_id=stage.id,
        status_id=chance.choice([None, *statuses]), priority=chance.choice(("low", "normal", "normal", "high")),
        value=Money(chance.randint(5, 900) * 100_00, tenant.currency or "USD"),
        expected_close=(utcnow() + timedelta(days=chance.randint(-20, 90))).date(),
        assigned_to_id=chance.choice([None, *members, *members]), source=contact.source,
        created_at=created, stage_since=moved, last_activity_at=moved,
    )  # fmt: skip
    if stage.kind == "open" and chance.random() < 0.6:
        lead.next_follow_up_at = utcnow() + timedelta(hours=chance.randint(-72, 240))
    lead.won_at = moved if stage.kind == "won" else None
    if stage.kind == "lost":
        lead.lost_at, lead.lost_reason_id = moved, chance.choice(reasons)
    return lead


def _wares() -> tuple[str, ...]:
    return (_("Yearly contract"), _("Trial order"), _("Fleet service"), _("Training"), _("Extension"), _("Equipment"))
