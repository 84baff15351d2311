"""What an automation must be, by whatever way it is saved, and why one that was sound cannot run any more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from app.automations.clock import wind
from app.automations.conditions import check_conditions
from app.automations.models import EVENT, MOMENT, ON, SCHEDULE, UPDATED, Automation
from app.automations.steps import STEPS
from app.data import db
from app.host import FieldError, FieldErrors, registry
from app.host.extending import entry_here
from app.identity.principal import principal
from app.screens.reading import Surface
from app.tenancy.models import Membership

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MOST_STEPS = 30


def check_automation(row: Any, is_new: bool) -> None:
    """Before an `Automation` is saved. Raises FieldErrors."""
    _check_member(row)
    entry = entry_here(row.resource or "")
    if entry is None or not can_have(row.resource):
        raise FieldError("resource", _("There are no such records here, or none that automations are for."))
    errors = dict(_problems(Surface(entry, db.session()), row))
    if errors:
        raise FieldErrors(errors)
    wind(row)


def check_own_step(row: Any, is_new: bool) -> None:
    """Before an `AutomationStep` is saved, by itself over REST or inside its automation. Raises FieldError."""
    automation = row.automation or db.session.get(Automation, row.automation_id)
    entry = entry_here(automation.resource or "") if automation is not None else None
    if automation is None or entry is None:
        return  # the automation's own check says so
    _check_member(automation)
    try:
        check_step(Surface(entry, db.session()), row.kind, row.settings)
    except ValueError as error:
        raise FieldError("settings", str(error)) from None


def can_have(resource: str) -> bool:
    """Whether automations are for these records: those that people write, and not automations themselves."""
    entry = registry().entries.get(resource)
    return entry is not None and f"{resource}_created" in registry().happenings.types


def _check_member(row: Automation) -> None:
    """It runs as whoever makes it, unless an owner says otherwise: nobody gains rights by an automation."""
    person = principal()
    if row.runs_as_id is None and person is not None:
        row.runs_as_id = person.membership_id  # type: ignore[assignment]
    if row.runs_as_id is None:
        raise FieldError("runs_as", _("Please choose the member that it runs as."))
    if person is None or person.is_owner or row.runs_as_id == person.membership_id:
        return
    raise FieldError("runs_as", _("Only an owner lets an automation run as somebody else: choose yourself."))


def _problems(surface: Surface, row: Automation) -> Iterator[tuple[str, str]]:
    yield from _of_trigger(surface, row)
    try:
        check_conditions(surface, row.conditions)
    except ValueError as error:
        words = str(error) or _("Conditions are a list of groups, each a list of “field”, “operator” and “values”.")
        yield "conditions", words
    if row.state == ON and not row.steps:
        yield "state", str(_("Without a step there is nothing to do."))
    if len(row.steps) > MOST_STEPS:
        yield "steps", str(_("At most %(count)s steps.", count=MOST_STEPS))
    for at, step in enumerate(sorted(row.steps, key=lambda one: one.position or 0), 1):
        try:
            check_step(surface, step.kind, step.settings)
        except ValueError as error:
            yield "", str(_("Step %(number)s: %(why)s", number=at, why=error))
            return


def check_step(surface: Surface, kind: str, settings: Any) -> None:
    """Raises ValueError with a sentence."""
    if not isinstance(settings or {}, dict):
        raise ValueError(_("The settings of a step are an object."))
    STEPS[kind].check(surface, settings or {})


def _of_trigger(surface: Surface, row: Automation) -> Iterator[tuple[str, str]]:
    if row.trigger == UPDATED:
        unknown = [name for name in row.watched or [] if name not in surface.fields]
        if unknown:
            yield "watched", str(_("There is no field “%(name)s” here.", name=unknown[0][:80]))
    if row.trigger == EVENT and row.event_name not in registry().happenings.types:
        yield "event_name", str(_("Please choose an event."))
    if row.trigger == MOMENT:
        field = surface.fields.get(row.moment_field or "")
        if field is None or field.kind not in ("day", "moment") or field.name.startswith("custom."):
            yield "moment_field", str(_("Please choose a date or a moment of the record."))
    if row.trigger in (MOMENT, SCHEDULE) and not _TIME.fullmatch(row.at_time or ""):
        yield "at_time", str(_("A time of day is written as 09:00."))


def why_not(row: Automation) -> str:
    """Why an automation cannot run today, in words; empty when it can."""
    entry = entry_here(row.resource)
    if entry is None:
        return str(_("The records that it is for are not here (any more): their plugin is off or gone."))
    member = db.session.get(Membership, row.runs_as_id)
    if member is None or not member.is_active or member.left_at is not None:
        return str(_("The member that the automation runs as has left."))
    return next((words for _name, words in _problems(Surface(entry, db.session()), row)), "")
