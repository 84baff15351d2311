"""Add a record of a kind: a task on a lead, an order for a contact."""

from __future__ import annotations

from flask_babel import gettext as _

from app.automations.steps.base import Doing, Said, Settings, StepKind, need
from app.automations.steps.setting import submit
from app.automations.values import check_filled, check_lines, lines_of, values_of
from app.data import Field
from app.host.extending import entry_here
from app.screens.reading import Surface


def other_surface(surface: Surface, settings: Settings) -> Surface:
    """The kind of record that is added. Raises ValueError where it is not (any more)."""
    name = settings.get("resource")
    entry = entry_here(name) if isinstance(name, str) else None
    if entry is None or "create" not in entry.verbs:
        raise ValueError(_("The kind of record to add is not here (any more)."))
    return Surface(entry, surface.session, surface.person)


def targets(other: Surface) -> dict[str, Field]:
    """The fields that can be filled in."""
    return other.editable(is_new=True)


def check(surface: Surface, settings: Settings) -> None:
    other = other_surface(surface, settings)
    fields, lines = targets(other), lines_of(settings)
    check_lines(lines, fields, surface.fields)
    check_filled((name for name, field in fields.items() if _must_be_given(field)), fields, lines)


def _must_be_given(field: Field) -> bool:
    return field.required and field.default is None and field.kind not in ("flag", "tags")


def run(doing: Doing, settings: Settings) -> Said:
    other = other_surface(doing.surface, settings)
    need(other, "create")
    made = submit(other, values_of(lines_of(settings), targets(other), doing.surface, doing.record), None)
    what = other.entry.resource.words
    return Said(str(_("Added %(what)s: %(name)s", what=what, name=made)), ("",))


STEP = StepKind("make", "plus", check, run)
