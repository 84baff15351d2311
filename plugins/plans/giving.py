"""Giving a tenant a plan, and what that changes for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.sdk import Tenant, session, usage
from plugins.plans.catalogue import Offer
from plugins.plans.models import Plan
from plugins.plans.terms import OWN


def give(tenant: Tenant, offer: Offer, trial_until: date | None) -> Plan:
    """Give the tenant in force a plan from today on, as a trial until some day or for good. Flushes."""
    made = Plan(
        key=offer.key,
        name=offer.name,
        plugins=list(offer.plugins),
        limits=dict(offer.limits),
        trial_until=trial_until,
        trial_ended=trial_until is not None and trial_until < today_at(tenant),
    )
    session.add(made)
    session.flush()
    return made


def held(key: str = "") -> Plan | None:
    """The plan that the tenant in force has; with a key the newest of that one, held or left."""
    wanted = select(Plan).order_by(Plan.id.desc()).limit(1)
    return session.scalars(wanted.where(Plan.key == key) if key else wanted).one_or_none()


def usual_trial(tenant: Tenant, offer: Offer) -> date | None:
    """The last day of the trial that the plan itself offers. Whoever has had it has the trial of then: nobody tries
    the same plan twice."""
    before = held(offer.key)
    if before is not None:
        return before.trial_until
    return today_at(tenant) + timedelta(days=offer.trial_days) if offer.trial_days else None


def consequences(offer: Offer) -> Iterator[str]:
    """What does not fit into a plan, a sentence each: nothing of it is deleted."""
    used = usage()
    for plugin in sorted(used.plugins):
        if plugin != OWN and not offer.has(plugin):
            yield f"{plugin} is on and not in it: its records can be read and taken out, and not changed."
    for metric, count in sorted(used.metrics.items()):
        limit = offer.limits.get(metric)
        if limit is not None and count > limit:
            yield f"{metric}: {count:,} there, room for {limit:,}: none can be added until there are fewer."


def is_unknown(offer: Offer) -> Iterator[str]:
    """Names in a plan that nothing installed bears: a slip, or a plugin that is yet to come."""
    used = usage()
    yield from (f"plugin {name}" for name in offer.plugins if name not in {"*", *used.installed})
    yield from (f"limit {name}" for name in offer.limits if name not in used.metrics)


def today_at(tenant: Tenant) -> date:
    """The day it is where the tenant is."""
    return datetime.now(ZoneInfo(tenant.timezone)).date()
