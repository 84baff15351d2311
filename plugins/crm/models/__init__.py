"""The records of the CRM."""

from plugins.crm.models.leads import Lead
from plugins.crm.models.pipelines import LeadStatus, LostReason, Pipeline, Stage

__all__ = ["Lead", "LeadStatus", "LostReason", "Pipeline", "Stage"]
