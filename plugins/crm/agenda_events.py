"""What happens in the CRM beside the changes of its records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from app.sdk import Event, _l


@dataclass(frozen=True)
class FollowUpDue(Event, name="crm.follow_up_due", told=_l("Time to follow up")):
    """The time to follow up a lead has come; its owner was reminded."""

    lead_id: Annotated[UUID, "The lead."]
    due_at: Annotated[datetime, "The moment that was set."]


@dataclass(frozen=True)
class LeadWentStale(Event, name="crm.lead_went_stale", told=_l("Left alone for too long")):
    """Nothing happened to an open lead for as long as its stage allows; its owner was told, or
    who looks after leads that nobody has."""

    lead_id: Annotated[UUID, "The lead."]
    since: Annotated[datetime, "The last activity."]


@dataclass(frozen=True)
class AnswerLate(Event, name="crm.answer_late", told=_l("Not answered in time")):
    """A lead was not answered by the moment its response target sets; its owner was told."""

    lead_id: Annotated[UUID, "The lead."]
    due_at: Annotated[datetime, "The moment by which it was to be answered."]
