"""Whoever works in a territory reaches its leads and those below, beside what their role lets them reach."""

from __future__ import annotations

from typing import Any

from app.sdk import Principal, among
from plugins.crm.models import Lead
from plugins.crm.services.territories.known import known

_LEAD: Any = Lead


def of_territories(person: Principal) -> Any:
    """The condition for leads of the territories that open to somebody; None when none does. The index of the
    territory serves it."""
    reached = known().reached(person.membership_id)
    return among(_LEAD.territory_id, reached) if reached else None
