"""The plugins and features that are there for somebody: what is remembered of their pages depends on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app

from app.data import utcnow
from app.data.bounded import Bounded
from app.features.decided import decisions
from app.features.gate import is_open
from app.identity.principal import Principal, TenantInfo

_open: Bounded[tuple[UUID, int], tuple[int, datetime | None, frozenset[str]]] = Bounded(5_000)
"""By tenant and application: the configuration's version, until when it holds, and what is open to all members."""


def open_parts(person: Principal) -> frozenset[str]:
    """The names of all that is open here; asked for with every page, and thought about when something was decided."""
    tenant, installed = person.tenant, current_app.extensions["tenantry"]
    if tenant is None:
        return frozenset()
    shared = _open_to_all(tenant, installed)
    theirs = [name for name, one in installed.features.items() if one.kind == "capability" and name in shared]
    return shared.difference(name for name in theirs if not is_open(name, tenant, person).allowed)


def _open_to_all(tenant: TenantInfo, installed: Any) -> frozenset[str]:
    key = (tenant.id, installed.number)
    known = _open.get(key)
    if known is None or known[0] != tenant.config_version or (known[1] is not None and utcnow() >= known[1]):
        names = (*tenant.plugins, *installed.features)
        found = frozenset(name for name in names if is_open(name, tenant).allowed)
        known = _open[key] = (tenant.config_version, _first_end(tenant), found)
    return known[2]


def _first_end(tenant: TenantInfo) -> datetime | None:
    """When the next flag expires by itself."""
    now = utcnow()
    ends = (flag.until for flags in decisions(tenant).flags.values() for flag in flags if flag.until is not None)
    return min((end for end in ends if end > now), default=None)
