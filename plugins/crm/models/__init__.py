"""The records of the CRM."""

from plugins.crm.models.capture import CaptureField, CaptureForm, CaptureSubmission
from plugins.crm.models.figures import SalesTarget, ScoreRule
from plugins.crm.models.leads import Lead
from plugins.crm.models.pipelines import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.models.social import SocialSnapshot

__all__ = [
    "CaptureField", "CaptureForm", "CaptureSubmission", "Lead", "LeadStatus", "LostReason", "Pipeline", "SalesTarget",
    "ScoreRule", "SocialSnapshot", "Stage",
]  # fmt: skip
