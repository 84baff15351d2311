"""An automation as it is made: what a form posted, and adding, moving and taking away parts without any script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from app.automations.models import Automation, AutomationStep
from app.console.form_rules.editing import EMPTY, Edited, edited_from
from app.console.form_rules.editing import changed as changed_conditions
from app.host.form_rules import rule_of

Form = MultiDict[str, str]
_STEP = re.compile(r"s\.(\d{1,3})\.kind")
_LINE = re.compile(r"v\.(\d{1,3})\.field")
TEXTS = ("action", "resource", "title", "text", "template", "variables", "endpoint", "amount", "unit")
"""What a step may say besides its values, whatever its kind."""
PLAIN = ("name", "description", "trigger", "event_name", "moment_field", "amount", "unit", "direction", "at_time",
         "weekday", "runs_as", "keep_days")  # fmt: skip
NO_CONDITIONS = replace(EMPTY, effects=())


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A value in the making: a field may still be empty, and the text is as it was typed."""

    field: str = ""
    how: str = "value"
    text: str = ""


@dataclass(frozen=True, slots=True)
class DraftStep:
    kind: str = "set"
    texts: Mapping[str, str] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    lines: tuple[DraftLine, ...] = (DraftLine(),)
    when: Edited = NO_CONDITIONS


@dataclass(frozen=True, slots=True)
class Draft:
    """An automation in the making."""

    texts: Mapping[str, str] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    when: Edited = NO_CONDITIONS
    steps: tuple[DraftStep, ...] = (DraftStep(),)
    problems: dict[str, str] = field(default_factory=dict)


def draft_of(row: Automation, texts_of: Any) -> Draft:
    """What is stored, as its form shows it. `texts_of(step, line)` words a stored value."""
    texts = {name: str(getattr(row, name) if getattr(row, name) is not None else "") for name in PLAIN[:-2]}
    texts |= {"runs_as": str(row.runs_as_id), "keep_days": str(row.keep_days)}
    steps = tuple(_stored_step(one, texts_of) for one in row.steps)
    return Draft(texts, tuple(row.watched), _when(row.conditions), steps or (DraftStep(),))


def _when(conditions: Any) -> Edited:
    return replace(NO_CONDITIONS, groups=rule_of("", conditions, []).when or NO_CONDITIONS.groups)


def _stored_step(row: AutomationStep, texts_of: Any) -> DraftStep:
    settings: dict[str, Any] = row.settings or {}
    texts = {name: str(settings[name]) for name in TEXTS if name in settings and name != "variables"}
    if isinstance(settings.get("variables"), dict):
        texts["variables"] = "\n".join(f"{name} = {text}" for name, text in settings["variables"].items())
    lines = tuple(
        DraftLine(one["field"], one.get("how", "value"), texts_of(row, one)) for one in settings.get("values") or []
    )
    to = tuple(settings.get("to") or ())
    return DraftStep(row.kind, texts, to, lines or (DraftLine(),), _when(settings.get("conditions")))


def draft_from(form: Form) -> Draft:
    """What somebody made so far."""
    numbers = sorted(int(match[1]) for name in form if (match := _STEP.fullmatch(name)))
    texts = {name: form.get(name, "").replace("\x00", " ").strip() for name in PLAIN}
    watched = tuple(form.getlist("watched"))
    return Draft(texts, watched, _conditions(form), tuple(_posted_step(_part(form, f"s.{at}.")) for at in numbers))


def _part(form: Form, stem: str) -> Form:
    """The controls whose names begin like this, without it."""
    part: Form = MultiDict()
    for name in form:
        if name.startswith(stem):
            part.setlist(name.removeprefix(stem), form.getlist(name))
    return part


def _posted_step(part: Form) -> DraftStep:
    numbers = sorted(int(match[1]) for name in part if (match := _LINE.fullmatch(name)))
    return DraftStep(
        part.get("kind", "set"),
        {name: part.get(name, "").replace("\x00", " ").strip() for name in TEXTS if name in part},
        tuple(one for one in part.getlist("to") if one),
        tuple(_posted_line(part, f"v.{at}") for at in numbers) or (DraftLine(),),
        _conditions(part),
    )


def _conditions(form: Form) -> Edited:
    """The conditions that a form holds, with an empty line where it holds none."""
    found = edited_from(form)
    return found if found.groups else NO_CONDITIONS


def _posted_line(part: Form, stem: str) -> DraftLine:
    values = [text.strip() for text in part.getlist(f"{stem}.value") if text.strip()]
    unit = part.get(f"{stem}.value-currency", "")
    text = f"{values[-1]} {unit}".strip() if values else ""
    return DraftLine(part.get(f"{stem}.field", ""), part.get(f"{stem}.how", "value"), text.replace("\x00", " "))


def changed(draft: Draft, deed: str) -> Draft:
    """After a button: `step`, `up s.1`, `down s.1`, `drop s.1`, `value s.1`, `drop s.1.v.0`; `s.1 and 0` and the like
    for the conditions of a step, without `s.1` for those of the automation. Anything else asks for the page anew."""
    if deed == "step":
        return replace(draft, steps=(*draft.steps, DraftStep()))
    if match := re.fullmatch(r"(up|down|drop|value) s\.(\d{1,3})", deed):
        return replace(draft, steps=_moved(draft.steps, match[1], int(match[2])))
    if match := re.fullmatch(r"drop s\.(\d{1,3})\.v\.(\d{1,3})", deed):
        return _with_step(draft, int(match[1]), lambda one: _without_line(one, int(match[2])))
    if match := re.fullmatch(r"s\.(\d{1,3}) (.+)", deed):
        return _with_step(draft, int(match[1]), lambda one: replace(one, when=changed_conditions(one.when, match[2])))
    return replace(draft, when=changed_conditions(draft.when, deed))


def _moved(steps: tuple[DraftStep, ...], what: str, at: int) -> tuple[DraftStep, ...]:
    found = list(steps)
    if at >= len(found):
        return steps
    if what == "value":
        found[at] = replace(found[at], lines=(*found[at].lines, DraftLine()))
    elif what == "drop":
        del found[at]
    else:
        other = at - 1 if what == "up" else at + 1
        if 0 <= other < len(found):
            found[at], found[other] = found[other], found[at]
    return tuple(found) or (DraftStep(),)


def _with_step(draft: Draft, at: int, change: Any) -> Draft:
    if at >= len(draft.steps):
        return draft
    return replace(draft, steps=(*draft.steps[:at], change(draft.steps[at]), *draft.steps[at + 1 :]))


def _without_line(step: DraftStep, at: int) -> DraftStep:
    return replace(step, lines=tuple(one for place, one in enumerate(step.lines) if place != at) or (DraftLine(),))
