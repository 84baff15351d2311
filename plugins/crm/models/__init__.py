"""The records of the CRM."""

from plugins.crm.models.activities import Activity, Task
from plugins.crm.models.appointments import Absence, Appointment, WorkingTime
from plugins.crm.models.leads import Lead
from plugins.crm.models.pipelines import LeadStatus, LostReason, Pipeline, Stage
from plugins.crm.models.reminders import CalendarFeed, Reminder

__all__ = [
    "Absence", "Activity", "Appointment", "CalendarFeed", "Lead", "LeadStatus", "LostReason", "Pipeline", "Reminder",
    "Stage", "Task", "WorkingTime",
]  # fmt: skip
