"""What the assignment of leads tells others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from app.sdk import Event, _l


@dataclass(frozen=True)
class LeadsAssigned(Event, name="crm.leads_assigned", told=_l("Got an owner")):
    """A member became the owner of one or more leads, all in one transaction."""

    member_id: Annotated[UUID, "The member whose leads they are now."]
    lead_ids: Annotated[tuple[UUID, ...], "The leads."]
