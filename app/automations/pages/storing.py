"""Between what is typed and what is stored: texts of a form become values as REST writes them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.automations.models import Automation, AutomationStep
from app.automations.pages.editing import Draft, DraftLine, DraftStep
from app.automations.steps.acting import action_of
from app.automations.steps.making import other_surface
from app.automations.steps.making import targets as new_fields
from app.automations.values import TEXTS
from app.data import Field
from app.screens.kinds import kind_of
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid
from app.screens.writing.actions import parameter_fields

WITH_VALUES = ("set", "action", "make")


def fields_for(surface: Surface, kind: str, texts: Mapping[str, Any]) -> dict[str, Field]:
    """The fields that a step of this kind can fill in; none while it is not said of what."""
    try:
        if kind == "action":
            return parameter_fields(action_of(surface, texts))
        if kind == "make":
            return new_fields(other_surface(surface, texts))
    except ValueError:
        return {}
    return surface.editable(is_new=False) if kind == "set" else {}


def shown_value(surface: Surface, step: AutomationStep, line: Mapping[str, Any]) -> str:
    """A stored value as its control shows it."""
    field, value = fields_for(surface, step.kind, step.settings or {}).get(line["field"]), line.get("value")
    if value is None:
        return ""
    if field is None or line.get("how", "value") != "value" or (field.kind in TEXTS and isinstance(value, str)):
        return str(value)
    try:
        return kind_of(field).show(field, kind_of(field).load(field, value))
    except (ValueError, TypeError):
        return str(value)


def put(row: Automation, draft: Draft, surface: Surface) -> dict[str, str]:
    """Write a draft into the row. Returns what cannot be, by the part of the form it is about."""
    problems: dict[str, str] = {}
    texts = draft.texts
    for name in ("name", "trigger", "unit", "direction"):
        setattr(row, name, texts.get(name) or getattr(row, name))
    for name in ("description", "event_name", "moment_field", "at_time", "weekday"):
        setattr(row, name, texts.get(name) or None)
    for name, words in (("amount", _("How long")), ("keep_days", _("Days that the log is kept"))):
        number = _number(texts.get(name) or "0")
        if number is None or number > 10_000 or (name == "keep_days" and not 1 <= number <= 3_650):
            problems[name] = _("“%(field)s” must be a whole number.", field=words)
        else:
            setattr(row, name, number)
    if not texts.get("name") or len(texts["name"]) > 100:
        problems["name"] = _("Please give it a name of at most %(count)s characters.", count=100)
    row.watched, row.conditions = list(draft.watched), draft.when.conditions or None
    row.runs_as_id = as_uuid(texts.get("runs_as", "")) or row.runs_as_id
    for at, one in enumerate(draft.steps):
        try:
            _put_step(row, at, one.kind, stored_step(surface, one))
        except ValueError as error:
            problems[f"s.{at}"] = _("Step %(number)s: %(why)s", number=at + 1, why=error)
    del row.steps[len(draft.steps) :]
    return problems


def _put_step(row: Automation, at: int, kind: str, settings: dict[str, Any]) -> None:
    if at < len(row.steps):
        row.steps[at].kind, row.steps[at].settings, row.steps[at].position = kind, settings, at
    else:
        row.steps.append(AutomationStep(position=at, kind=kind, settings=settings))


def stored_step(surface: Surface, step: DraftStep) -> dict[str, Any]:
    """The settings of a step. Raises ValueError with a sentence."""
    texts = step.texts
    if step.kind in WITH_VALUES:
        fields = fields_for(surface, step.kind, texts)
        of = {name: texts[name] for name in ("action", "resource") if step.kind in ("action", "make") and name in texts}
        return {**of, "values": [_stored_line(fields, one) for one in step.lines if one.field]}
    if step.kind == "notify":
        return {"to": list(step.to), "title": texts.get("title", ""), "text": texts.get("text", "")}
    if step.kind == "mail":
        return {"template": texts.get("template", ""), "variables": _variables(texts.get("variables", ""))}
    if step.kind == "wait":
        return {"amount": _number(texts.get("amount", "")), "unit": texts.get("unit", "days")}
    if step.kind == "stop":
        return {"conditions": step.when.conditions}
    return {"endpoint": texts.get("endpoint", "")}


def _stored_line(fields: Mapping[str, Field], line: DraftLine) -> dict[str, Any]:
    field, one = fields.get(line.field), {"field": line.field, "how": line.how}
    if line.how == "clear":
        return one
    if line.how == "after":
        return one | {"value": _number(line.text)}
    if field is None or line.how == "from" or (field.kind in TEXTS and line.text):
        return one | {"value": line.text}
    if not line.text:
        raise ValueError(_("Please give a value for “%(field)s”.", field=field.words))
    return one | {"value": kind_of(field).dump(field, kind_of(field).parse(field, line.text))}


def _variables(text: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    return {name.strip(): value.strip() for name, _equals, value in pairs if name.strip()}


def _number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 9 else None
