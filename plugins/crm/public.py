"""What other plugins may build on: records to refer to, and the events of leads. Everything else may change."""

from __future__ import annotations

from plugins.crm.events import LeadLost, LeadStageChanged, LeadWon
from plugins.crm.models import Activity, Appointment, CaptureForm, Lead, Pipeline, Stage, Task
from plugins.crm.services.capture.platforms import take_answers

__all__ = [
    "Activity",
    "Appointment",
    "CaptureForm",
    "Lead",
    "LeadLost",
    "LeadStageChanged",
    "LeadWon",
    "Pipeline",
    "Stage",
    "Task",
    "take_answers",
]
