"""The records of the CRM."""

from plugins.crm.models.changes import StageChange
from plugins.crm.models.figures import SalesTarget, ScoreRule
from plugins.crm.models.leads import Lead
from plugins.crm.models.lines import LeadLine
from plugins.crm.models.pipelines import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.models.ways import NextStage, StageNeed

__all__ = [
    "Lead",
    "LeadLine",
    "LeadStatus",
    "LostReason",
    "NextStage",
    "Pipeline",
    "SalesTarget",
    "ScoreRule",
    "Stage",
    "StageChange",
    "StageNeed",
]
