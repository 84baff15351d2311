"""Wait, and go on only while conditions hold."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import format_datetime
from flask_babel import gettext as _

from app.automations.conditions import check_conditions, meets
from app.automations.models import UNITS
from app.automations.steps.base import Doing, Said, Settings, StepKind, Waits
from app.screens.reading import Surface

LONGEST = timedelta(days=366)


def span_of(amount: object, unit: object) -> timedelta:
    """So many minutes, hours or days. Raises ValueError with a sentence."""
    if type(amount) is not int or not 0 <= amount <= 1_000_000 or unit not in [one.value for one in UNITS]:
        raise ValueError(_("How long is a whole number of minutes, hours or days."))
    span = timedelta(**{str(unit): amount})
    if span > LONGEST:
        raise ValueError(_("A year at most."))
    return span


def check_wait(surface: Surface, settings: Settings) -> None:
    if not span_of(settings.get("amount"), settings.get("unit")):
        raise ValueError(_("Please say how long to wait."))


def wait(doing: Doing, settings: Settings) -> Said:
    until = doing.at + span_of(settings.get("amount"), settings.get("unit"))
    return Waits(str(_("Waits until %(moment)s", moment=format_datetime(until, "medium"))), until=until)


def check_stop(surface: Surface, settings: Settings) -> None:
    if not settings.get("conditions"):
        raise ValueError(_("Please give a condition."))
    try:
        check_conditions(surface, settings["conditions"])
    except ValueError as error:
        words = str(error) or _("Conditions are a list of groups, each a list of “field”, “operator” and “values”.")
        raise ValueError(words) from None


def stop(doing: Doing, settings: Settings) -> Said:
    if meets(doing.surface, doing.record, settings.get("conditions")):
        return Said(str(_("Goes on: the conditions hold.")))
    return Said(str(_("Stopped: the conditions do not hold (any more).")), ends=True)


WAIT = StepKind("wait", "clock", check_wait, wait)
STOP = StepKind("stop", "cross", check_stop, stop)
