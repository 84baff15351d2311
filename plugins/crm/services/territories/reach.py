"""Whoever works in a territory reaches its leads and those below, beside what their role lets them reach."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY

from app.sdk import Principal
from plugins.crm.models import Lead
from plugins.crm.services.territories.known import known

_LEAD: Any = Lead


def of_territories(person: Principal) -> Any:
    """The condition for leads of the territories that open to somebody; None when none does. One array, which the index
    of the territory serves."""
    reached = known().reached(person.membership_id)
    return _LEAD.territory_id == any_(literal(list(reached), ARRAY(Uuid))) if reached else None
