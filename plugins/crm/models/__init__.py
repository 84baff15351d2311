"""The records of the CRM."""

from plugins.crm.models.activities import Activity, Task
from plugins.crm.models.appointments import Appointment, WorkingTime
from plugins.crm.models.assignment import Absence
from plugins.crm.models.figures import SalesTarget, ScoreRule
from plugins.crm.models.leads import Lead
from plugins.crm.models.pipelines import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.models.reminders import CalendarFeed, Reminder

__all__ = [
    "Absence", "Activity", "Appointment", "CalendarFeed", "Lead", "LeadStatus", "LostReason", "Pipeline", "Reminder",
    "SalesTarget", "ScoreRule", "Stage", "Task", "WorkingTime",
]  # fmt: skip
