"""What a transaction needs to say until when leads are answered: targets and people's working time, each read once,
however many leads it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from app.sdk import by_configuration, principal, session
from plugins.crm.models import Lead, ResponseTarget
from plugins.crm.services import people, slots
from plugins.crm.services.holidays import Holidays, holidays
from plugins.crm.services.response import working

INFO = "crm.response"
FAR = timedelta(days=1000)
"""Who works less than the time of a target until then has that time on the clock on the wall."""


@dataclass(frozen=True, slots=True)
class Target:
    """An active target, as leads are compared with it. `sources` are in lower case; empty and None mean all."""

    id: UUID
    sources: frozenset[str]
    priority: str | None
    pipeline_id: UUID | None
    first: int
    again: int | None

    def fits(self, lead: Any) -> bool:
        """Is it for this lead?"""
        return (
            (not self.sources or (lead.source or "").strip().casefold() in self.sources)
            and self.priority in (None, lead.priority or "normal")
            and self.pipeline_id in (None, lead.pipeline_id)
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody works."""

    week: slots.Week
    zone: ZoneInfo
    off: Holidays

    def after(self, since: datetime, length: timedelta) -> datetime:
        """The moment at which so much working time has passed since then."""
        spans = slots.spans_of(self.week, self.zone, since, since + FAR, self.off)
        return working.after(length, spans) or since + length

    def between(self, since: datetime, until: datetime) -> timedelta:
        """The working time between two moments."""
        return working.total(slots.spans_of(self.week, self.zone, since, until, self.off))


@dataclass
class Desk:
    """What was read so far."""

    _hours: dict[UUID | None, Hours] = field(default_factory=dict)
    _targets: Sequence[Target] | None = None

    def target_of(self, lead: Lead) -> Target | None:
        """The first target that is for this lead."""
        if self._targets is None:
            self._targets = by_configuration(session(), principal(), "crm.response_targets", _load)
        return next((one for one in self._targets if one.fits(lead)), None)

    def hours_of(self, member_id: UUID | None) -> Hours:
        """When a member works; for a lead that nobody has, the usual week of the tenant."""
        if member_id not in self._hours:
            country, off = people.my_country(), holidays()
            if member_id is None:
                self._hours[None] = Hours(slots.usual_week(country), people.zone_of_tenant(), off)
            else:
                week = slots.week_of(member_id, country)
                self._hours[member_id] = Hours(week, people.zone_of_member(member_id), off)
        return self._hours[member_id]


def desk() -> Desk:
    """That of the transaction in hand."""
    found: Desk = session().info.setdefault(INFO, Desk())
    return found


@event.listens_for(Session, "after_transaction_end")
def _forget(own: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        own.info.pop(INFO, None)


def _load(own: Any) -> Sequence[Target]:
    rows = own.scalars(
        select(ResponseTarget).where(ResponseTarget.is_active).order_by(ResponseTarget.position, ResponseTarget.id)
    )
    return [_target(row) for row in rows]


def _target(row: Any) -> Target:
    sources = frozenset(filter(None, (part.strip().casefold() for part in (row.source or "").split(","))))
    return Target(row.id, sources, row.priority, row.pipeline_id, row.first_minutes, row.again_minutes)
