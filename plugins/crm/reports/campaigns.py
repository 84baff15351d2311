"""What campaigns bring: leads by the campaign of their first touch."""

from __future__ import annotations

from app.sdk import Report, _l
from plugins.crm.models import Lead


def reports() -> list[Report]:
    return [
        Report("campaigns", _l("Leads by campaign"), Lead, by="utm_campaign", measures="count sum.value",
               where="created_at.within=last_90_days&utm_campaign.empty=false"),
        Report("campaign_sources", _l("Leads by source of the campaign"), Lead, by="utm_source utm_medium",
               measures="count sum.value", where="created_at.within=last_90_days&utm_source.empty=false"),
    ]  # fmt: skip
