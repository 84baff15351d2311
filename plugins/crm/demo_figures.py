"""Targets and scoring rules for a demo tenant whose leads are there already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select

from app.sdk import Member, Money, Tenant, _, session, utcnow
from plugins.crm.models import Lead, SalesTarget, ScoreCondition, ScoreRule
from plugins.crm.services import scoring

MONTHS = 6
TARGET = 600_000_00


def fill(tenant: Tenant) -> None:
    """A target for each of the months around now, five rules, and every lead scored by them; the caller commits."""
    today = utcnow().date()
    first = today.year * 12 + today.month - 1 - MONTHS // 2
    for month in range(first, first + MONTHS):
        starts_on = date(month // 12, month % 12 + 1, 1)
        session.add_all(_targets(starts_on, tenant.currency or "USD"))
    session.add_all(_rules())
    session.flush()
    scoring.score(session.scalars(select(Lead)).all())
    session.flush()


def _targets(starts_on: date, currency: str) -> Iterator[SalesTarget]:
    """One for all together; whoever is on top has most of it with everyone below, of that each of those a part."""
    yield SalesTarget(starts_on=starts_on, amount=Money(TARGET, currency))
    link: Any = Member
    below = list(session.scalars(select(Member).where(link.reports_to_id.is_not(None))))
    tops = {one.reports_to_id for one in below} - {one.id for one in below}  # type: ignore[attr-defined]
    for top in tops:
        yield SalesTarget(starts_on=starts_on, owner_id=top, covers="branch", amount=Money(TARGET * 3 // 4, currency))
    for one in below:
        yield SalesTarget(starts_on=starts_on, owner=one, amount=Money(TARGET // 4, currency))


def _rules() -> list[ScoreRule]:
    rows = (
        (_("has an e-mail address"), 10, "contact.email", "filled", None),
        (_("has a phone number"), 10, "contact.phone", "filled", None),
        (_("worth 30,000 or more"), 20, "value", "at_least", "30000"),
        (_("high priority"), 15, "priority", "is", "high"),
        (_("nothing happened for a month"), -15, "last_activity_at", "older", "30"),
    )
    return [
        ScoreRule(name=name, points=points, conditions=[ScoreCondition(field=field, operator=operator, value=value)])
        for name, points, field, operator, value in rows
    ]
