"""The records of the CRM."""

from plugins.crm.models.activities import Activity, Task
from plugins.crm.models.answers import LeadAnswer
from plugins.crm.models.appointments import Appointment, WorkingTime
from plugins.crm.models.assignment import Absence
from plugins.crm.models.capture import CaptureField, CaptureForm, CaptureSubmission
from plugins.crm.models.changes import StageChange, TerritoryChange
from plugins.crm.models.figures import SalesTarget
from plugins.crm.models.leads import Lead
from plugins.crm.models.lines import LeadLine
from plugins.crm.models.pipelines import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.models.products import Product
from plugins.crm.models.reminders import CalendarFeed, Reminder
from plugins.crm.models.response_targets import Holiday, ResponseTarget
from plugins.crm.models.scores import ScoreCondition, ScoreRule
from plugins.crm.models.social import SocialSnapshot
from plugins.crm.models.territories import (
    Territory,
    TerritoryCondition,
    TerritoryMember,
    TerritoryReview,
    TerritoryRule,
)
from plugins.crm.models.ways import NextStage, StageNeed

__all__ = [
    "Absence",
    "Activity",
    "Appointment",
    "CalendarFeed",
    "CaptureField",
    "CaptureForm",
    "CaptureSubmission",
    "Holiday",
    "Lead",
    "LeadAnswer",
    "LeadLine",
    "LeadStatus",
    "LostReason",
    "NextStage",
    "Pipeline",
    "Product",
    "Reminder",
    "ResponseTarget",
    "SalesTarget",
    "ScoreCondition",
    "ScoreRule",
    "SocialSnapshot",
    "Stage",
    "StageChange",
    "StageNeed",
    "Task",
    "Territory",
    "TerritoryChange",
    "TerritoryCondition",
    "TerritoryMember",
    "TerritoryReview",
    "TerritoryRule",
    "WorkingTime",
]
