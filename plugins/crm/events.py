"""What happens to leads, for handlers of any plugin and for customers' own systems."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from app.sdk import Event, _l


@dataclass(frozen=True)
class LeadStageChanged(Event, name="crm.lead_stage_changed", told=_l("Came to another stage")):
    """A lead went from one stage to another."""

    lead_id: Annotated[UUID, "The lead."]
    pipeline_id: Annotated[UUID, "The pipeline it is in now."]
    from_stage_id: Annotated[UUID, "The stage it left."]
    to_stage_id: Annotated[UUID, "The stage it came to."]
    from_stage: Annotated[str, "The name of the stage it left."]
    to_stage: Annotated[str, "The name of the stage it came to."]
    seconds: Annotated[int, "How long it was in the stage it left."]


@dataclass(frozen=True)
class LeadWon(Event, name="crm.lead_won", told=_l("Won")):
    """A lead was won."""

    lead_id: Annotated[UUID, "The lead."]
    contact_id: Annotated[UUID | None, "Its contact."] = None
    company_id: Annotated[UUID | None, "Its company."] = None
    amount: Annotated[Decimal | None, "Its value, in the unit of the currency."] = None
    currency: Annotated[str | None, "The currency of the value."] = None


@dataclass(frozen=True)
class LeadLost(Event, name="crm.lead_lost", told=_l("Lost")):
    """A lead was lost."""

    lead_id: Annotated[UUID, "The lead."]
    contact_id: Annotated[UUID | None, "Its contact."] = None
    company_id: Annotated[UUID | None, "Its company."] = None
    reason: Annotated[str | None, "Why, in the words of the tenant's list."] = None


@dataclass(frozen=True)
class LeadConverted(Event, name="crm.lead_converted", told=_l("Became a customer")):
    """A lead became a customer: what others keep for customers (orders, students) can be made now."""

    lead_id: Annotated[UUID, "The lead."]
    contact_id: Annotated[UUID | None, "The contact it became."] = None
    company_id: Annotated[UUID | None, "The company it became."] = None
    amount: Annotated[Decimal | None, "Its value, in the unit of the currency."] = None
    currency: Annotated[str | None, "The currency of the value."] = None


@dataclass(frozen=True)
class LeadTerritoryChanged(Event, name="crm.lead_territory_changed", told=_l("Came to another territory")):
    """A lead went from one territory to another."""

    lead_id: Annotated[UUID, "The lead."]
    from_territory_id: Annotated[UUID | None, "The territory it left; null when it had none."] = None
    to_territory_id: Annotated[UUID | None, "The territory it came to; null when it has none now."] = None
    from_territory: Annotated[str | None, "The name of the territory it left."] = None
    to_territory: Annotated[str | None, "The name of the territory it came to."] = None
    by_hand: Annotated[bool, "Whether somebody chose it; else the rules did."] = False


EVENTS: list[type[Event]] = [LeadStageChanged, LeadTerritoryChanged, LeadWon, LeadLost, LeadConverted]
