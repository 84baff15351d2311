"""An automation in words, for people: when, if, then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from app.automations.models import (
    CREATED,
    EVENT,
    EVENTS,
    MOMENT,
    SCHEDULE,
    STEP_KINDS,
    UNITS,
    UPDATED,
    WEEKDAYS,
    Automation,
)
from app.automations.pages.storing import fields_for
from app.automations.steps.calling import endpoint_of
from app.automations.values import becomes
from app.automations.values import words as value_words
from app.console.form_rules.telling import condition_words
from app.data.choices import InstalledChoices
from app.host.form_rules import rule_of
from app.identity.locale import listed
from app.screens.kinds import kind_of
from app.screens.reading import Surface
from app.screens.ruling import Rule
from app.screens.ruling.rules import every_field, rule_from
from app.tenancy.models import ROLE_CHOICES, Membership

_KINDS = {one.value: one for one in STEP_KINDS}


def trigger_words(surface: Surface, row: Automation) -> str:
    """What sets it off."""
    what = surface.entry.resource.words
    if row.trigger == CREATED:
        return str(_("A record is added: %(what)s", what=what))
    if row.trigger == UPDATED:
        names = listed(_label(surface, name) for name in row.watched)
        changed = str(_("A record is changed: %(what)s", what=what))
        return f"{changed} ({names})" if names else changed
    if row.trigger == EVENT:
        known = {one.value: one.words for one in InstalledChoices(EVENTS)}
        return str(known.get(row.event_name or "", row.event_name or ""))
    if row.trigger == MOMENT:
        return _moment_words(surface, row)
    if row.trigger == SCHEDULE:
        day = next((one.words for one in WEEKDAYS if one.value == row.weekday), _("Every day"))
        return str(_("%(day)s at %(time)s, for all that match", day=day, time=row.at_time))
    return str(_("Somebody presses “%(name)s”", name=row.name))


def _moment_words(surface: Surface, row: Automation) -> str:
    unit = next(one.words for one in UNITS if one.value == row.unit)
    given = {"number": row.amount, "unit": unit, "field": _label(surface, row.moment_field or "")}
    if not row.amount:
        return str(_("When “%(field)s” has come", **given))
    if row.direction == "before":
        return str(_("%(unit)s before “%(field)s”: %(number)s", **given))
    return str(_("%(unit)s after “%(field)s”: %(number)s", **given))


def conditions_in_words(surface: Surface, conditions: Any) -> list[str]:
    """A line for each group; one that says so where something they ask for is gone."""
    try:
        rule: Rule = rule_from(every_field(surface), rule_of("", conditions, []), lenient=True)
    except ValueError as error:
        return [str(error)]
    return condition_words(surface, rule.when)


def step_words(surface: Surface, row: Automation) -> Iterator[tuple[str, str]]:
    """The kind of each step, and what it does."""
    for one in row.steps:
        yield _KINDS[one.kind].words, _step(surface, one.kind, one.settings or {})


def _step(surface: Surface, kind: str, settings: Mapping[str, Any]) -> str:
    try:
        return _WORDS[kind](surface, settings) if kind in _WORDS else listed(_values(surface, kind, settings))
    except (ValueError, KeyError, TypeError) as error:
        return str(error)


def _action(surface: Surface, settings: Mapping[str, Any]) -> str:
    action = surface.entry.actions.get(settings.get("action", ""))
    title = str(action.title) if action is not None else _("There is no such action (any more).")
    values = listed(_values(surface, "action", settings))
    return f"{title}: {values}" if values else title


def _make(surface: Surface, settings: Mapping[str, Any]) -> str:
    other = surface.linked(settings.get("resource", ""))
    title = other.entry.resource.words if other is not None else _("The kind of record to add is not here (any more).")
    return f"{title}: {listed(_values(surface, 'make', settings))}"


def _values(surface: Surface, kind: str, settings: Mapping[str, Any]) -> Iterator[str]:
    fields = fields_for(surface, kind, settings)
    for one in settings.get("values") or []:
        field, how, value = fields.get(one["field"]), one.get("how", "value"), one.get("value")
        label = field.words if field is not None else one["field"]
        if how == "from":
            yield becomes(label, _label(surface, value))
        elif how == "after":
            yield becomes(label, str(_("%(days)s days from then", days=value)))
        elif how == "clear":
            yield becomes(label, str(_("nothing")))
        else:
            yield becomes(label, _in_words(surface, field, value))


def _in_words(surface: Surface, field: Any, value: Any) -> str:
    if field is None or field.kind in ("text", "long_text"):
        return str(value)
    return value_words(surface, field, kind_of(field).load(field, value))


def _notify(surface: Surface, settings: Mapping[str, Any]) -> str:
    roles = {f"role:{one.value}": one.words for one in ROLE_CHOICES}
    names = []
    for one in settings.get("to") or []:
        kind, _colon, rest = one.partition(":")
        names.append(_label(surface, rest) if kind == "field" else roles.get(one) or _member(surface, rest))
    return f"{listed(names)}: {settings.get('title', '')}"


def _member(surface: Surface, key: str) -> str:
    found = surface.session.get(Membership, key)
    return found.name if found is not None else str(_("nobody"))


def _wait(surface: Surface, settings: Mapping[str, Any]) -> str:
    unit = next(one.words for one in UNITS if one.value == settings.get("unit"))
    return f"{unit}: {settings.get('amount')}"


def _stop(surface: Surface, settings: Mapping[str, Any]) -> str:
    return f" {_('or')} ".join(conditions_in_words(surface, settings.get("conditions")))


_WORDS = {
    "action": _action,
    "make": _make,
    "notify": _notify,
    "mail": lambda _surface, settings: str(settings.get("template", "")),
    "webhook": lambda _surface, settings: endpoint_of(settings).url,
    "wait": _wait,
    "stop": _stop,
}


def _label(surface: Surface, name: str) -> str:
    field = surface.fields.get(name)
    return field.words if field is not None else name
