"""Set fields of the record, as a form would: the same checks, form rules and rules of the resource."""

from __future__ import annotations

from flask_babel import gettext as _

from app.automations.steps.base import Doing, Said, Settings, StepKind, need
from app.automations.values import becomes, check_lines, lines_of, values_of, words
from app.identity.locale import listed
from app.screens.reading import Surface
from app.screens.reading.surface import value_of
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed, Submission, save


def check(surface: Surface, settings: Settings) -> None:
    lines = lines_of(settings)
    if not lines:
        raise ValueError(_("Please choose a field to set."))
    check_lines(lines, surface.editable(is_new=False), surface.fields)


def run(doing: Doing, settings: Settings) -> Said:
    surface, record = doing.surface, doing.record
    need(surface, "update")
    fields = surface.editable(is_new=False)
    values = values_of(lines_of(settings), fields, surface, record)
    changed = {name: value for name, value in values.items() if value != value_of(record, fields[name])}
    if not changed:
        return Said(str(_("All was set already.")))
    submit(surface, changed, record)
    told = listed(becomes(fields[name].words, words(surface, fields[name], value)) for name, value in changed.items())
    return Said(str(_("Set %(what)s", what=told)), tuple(changed))


def submit(surface: Surface, values: dict[str, object], record: object) -> object:
    """Save, with every refusal as one sentence. Raises ValueError."""
    try:
        return save(surface, Submission(values=dict(values), confirmed=True), record)  # type: ignore[arg-type]
    except Invalid as refused:
        raise ValueError(_sentences(surface, refused)) from None
    except (NotAllowed, Doubts) as refused:
        raise ValueError(str(refused)) from None
    except Conflict:
        raise RuntimeError("somebody else saved the record at the same moment") from None


def _sentences(surface: Surface, refused: Invalid) -> str:
    labelled = []
    for name, reason in refused.submission.errors.items():
        field = surface.fields.get(name)
        labelled.append(f"{field.words}: {reason}" if field is not None else reason)
    return " ".join(labelled) or str(refused)


STEP = StepKind("set", "edit", check, run)
