"""What the plan of a tenant says, and what the house asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from app.sdk import TenantInfo, _, by_configuration, session
from plugins.plans.catalogue import ALL
from plugins.plans.models import Plan

OWN = "plans"


@dataclass(frozen=True, slots=True)
class Terms:
    """A tenant's plan, as it is remembered between requests."""

    name: str
    plugins: frozenset[str]
    limits: Mapping[str, int]
    trial_until: date | None
    trial_ended: bool


@dataclass(frozen=True, slots=True)
class _Here:
    tenant: TenantInfo


def terms_of(tenant: TenantInfo) -> Terms | None:
    """The terms of the tenant in force; None while it was never given a plan, and may use everything."""
    found: Terms | None = by_configuration(session(), _Here(tenant), "plans.terms", lambda _session: newest())
    return found


def newest() -> Terms | None:
    """Read past what is remembered."""
    columns = Plan.name, Plan.plugins, Plan.limits, Plan.trial_until, Plan.trial_ended
    with session.no_autoflush:
        row: Any = session.execute(select(*columns).order_by(Plan.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Terms(row.name, frozenset(row.plugins), dict(row.limits), row.trial_until, row.trial_ended)


def refusal(tenant: TenantInfo, plugin: str) -> str | None:
    """Why a plugin is not in the plan, for a tenant's admins, and who can change it."""
    terms = terms_of(tenant)
    if terms is None or plugin == OWN:
        return None
    if terms.trial_ended:
        words = _(
            "The trial of the plan “%(plan)s” has ended. The operator of the platform can give you a plan.",
            plan=terms.name,
        )
        return str(words)
    if ALL in terms.plugins or plugin in terms.plugins:
        return None
    words = _(
        "The plan “%(plan)s” does not have this part. The operator of the platform can change your plan.",
        plan=terms.name,
    )
    return str(words)


def limit(tenant: TenantInfo, metric: str) -> int | None:
    """How many of a metric the plan has room for."""
    terms = terms_of(tenant)
    return None if terms is None else terms.limits.get(metric)
