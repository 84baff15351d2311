"""Run a declared action of the kind on the record, with its parameters."""

from __future__ import annotations

from flask_babel import gettext as _

from app.automations.steps.base import Doing, Said, Settings, StepKind, need
from app.automations.values import check_filled, check_lines, lines_of, values_of
from app.host import Action
from app.screens.reading import Surface
from app.screens.writing import Invalid, NotAllowed, Submission, run_action
from app.screens.writing.actions import parameter_fields


def action_of(surface: Surface, settings: Settings) -> Action:
    """The action meant. Raises ValueError where it is not (any more)."""
    name = settings.get("action")
    found = surface.entry.actions.get(name) if isinstance(name, str) else None
    if found is None or found.tells_secret:
        raise ValueError(_("There is no such action (any more)."))
    return found


def check(surface: Surface, settings: Settings) -> None:
    action = action_of(surface, settings)
    fields, lines = parameter_fields(action), lines_of(settings)
    check_lines(lines, fields, surface.fields)
    check_filled((name for name, field in fields.items() if field.required), fields, lines)


def run(doing: Doing, settings: Settings) -> Said:
    action, surface = action_of(doing.surface, settings), doing.surface
    need(surface, action.name)
    if action.applies is not None and not action.applies(doing.record):
        return Said(str(_("“%(action)s” does not apply to the record as it is.", action=action.title)))
    fields = parameter_fields(action)
    given = values_of(lines_of(settings), fields, surface, doing.record)
    values = {name: given.get(name, field.default) for name, field in fields.items()}
    try:
        message = run_action(surface, action, [doing.record], Submission(values=values))
    except NotAllowed as error:
        raise ValueError(str(error)) from None
    except Invalid as error:
        raise ValueError(" ".join(error.submission.errors.values())) from None
    done = str(_("Action “%(action)s”", action=action.title))
    return Said(f"{done}: {message}" if message else done, ("",))


STEP = StepKind("action", "bolt", check, run)
