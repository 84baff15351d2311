"""What a plugin says of itself: frozen values, asked once at start-up, wired by the core.

plugin = Plugin("garage", title=_l("Garage"), version="1.0")

@hookimpl
def resources():
    return [Resource(Vehicle, list="plate owner", search="plate"), Resource(Repair, board="status")]
"""

from app.host.declarations.actions import Action, FieldError, FieldErrors
from app.host.declarations.likeness import Clue, Companion, Doubt
from app.host.declarations.manifest import NAME, Plugin
from app.host.declarations.pages import Page, Timeline
from app.host.declarations.resources import DEFAULT_GRANTS, VERBS, Beside, Lanes, ListView, Related, Resource, Section
from app.host.declarations.work import HOUSE_WAYS, Cancelled, Dialect, Job, JobRun, Notice, Schedule

__all__ = [
    "DEFAULT_GRANTS",
    "HOUSE_WAYS",
    "NAME",
    "VERBS",
    "Action",
    "Beside",
    "Cancelled",
    "Clue",
    "Companion",
    "Dialect",
    "Doubt",
    "FieldError",
    "FieldErrors",
    "Job",
    "JobRun",
    "Lanes",
    "ListView",
    "Notice",
    "Page",
    "Plugin",
    "Related",
    "Resource",
    "Schedule",
    "Section",
    "Timeline",
]
