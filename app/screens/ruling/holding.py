"""Holding a record to its rules: what they say about its values, and what becomes of what somebody sends.

A form's control that a rule hides or closes is not read, so it changes nothing. Whoever else sends a value for such a
field (REST, an import, a cell of a list, many records at once) is told which rule is against it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from app.data import Field
from app.data.record import words_of
from app.host.custom_fields import PREFIX
from app.identity.locale import listed
from app.screens.reading.surface import Surface, value_of
from app.screens.ruling.conditions import Look, any_holds, is_empty
from app.screens.ruling.rules import Effect, Rule, rules_of

if TYPE_CHECKING:
    from app.screens.writing.submission import Submission


@dataclass(slots=True)
class Ruling:
    """What the rules say about a record, by field: each with the name of the rule that says so."""

    hidden: dict[str, str] = field(default_factory=dict)
    readonly: dict[str, str] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    narrowed: dict[str, tuple[tuple[Any, ...], Rule]] = field(default_factory=dict)

    def closed(self, look: Look) -> dict[str, str]:
        """The fields that take no value: but what must be filled in and is empty stays open, or nobody could."""
        needed = {name for name in self.required if name not in self.hidden and is_empty(look(name))}
        return self.hidden | {name: rule for name, rule in self.readonly.items() if name not in needed}


def ruling_of(surface: Surface, look: Look) -> Ruling:
    """What the rules say about a record with these values."""
    found, roles = Ruling(), _roles(surface)
    shown: dict[str, list[tuple[bool, str]]] = {}
    for rule in rules_of(surface):
        is_held = any_holds(rule.when, look, roles)
        for effect in rule.then:
            if effect.do == "show":
                shown.setdefault(effect.field.name, []).append((is_held, rule.name))
            elif is_held:
                _say(found, effect, rule)
    for name, said in shown.items():
        if not any(is_held for is_held, _rule in said):
            found.hidden.setdefault(name, said[0][1])
    return found


def _say(found: Ruling, effect: Effect, rule: Rule) -> None:
    name = effect.field.name
    match effect.do:
        case "hide":
            found.hidden.setdefault(name, rule.name)
        case "readonly":
            found.readonly.setdefault(name, rule.name)
        case "require":
            found.required.setdefault(name, rule.name)
        case "narrow":
            before = found.narrowed.get(name)
            both = tuple(one for one in effect.values if before is None or one in before[0])
            if before is None or both:  # two rules that leave nothing over: the first one holds
                found.narrowed[name] = both, rule


def _roles(surface: Surface) -> Collection[str]:
    return surface.person.roles if surface.person is not None else ()


def stored_look(surface: Surface, record: Any) -> Look:
    """The values of a record; of a new one (None) those that it begins with."""
    fields = {**surface.entry.fields, **surface.custom}

    def look(name: str) -> Any:
        one = fields.get(name)
        if one is None:
            return None
        return _beginning(one) if record is None else value_of(record, one)

    return look


def look_after(surface: Surface, values: Mapping[str, Any], record: Any) -> Look:
    """The values a record will have once these are written."""
    before = stored_look(surface, record)
    return lambda name: values[name] if name in values else before(name)


def _beginning(one: Field) -> Any:
    if one.default is None or callable(one.default):
        return False if one.kind == "flag" else None
    return one.default


# --- on the way in ---------------------------------------------------------------------------------------------------


def settle_form(surface: Surface, submission: Submission, record: Any, offered: Collection[str]) -> None:
    """Make what a form sent fit the rules: what they fill in and nobody was offered is filled in, what they hide or
    close is not written."""
    if not rules_of(surface):
        return
    look, before = look_after(surface, submission.values, record), stored_look(surface, record)
    for name, effect in _defaults(surface, look, record):
        if name in submission.texts and name not in offered and (is_empty(look(name)) or look(name) is False):
            submission.values[name], submission.texts[name] = effect.values[0], effect.texts[0]
            submission.errors.pop(name, None)
    for _round in range(2):  # what is not written may have been what another rule looks at
        for name in ruling_of(surface, look).closed(before):
            submission.values.pop(name, None)
            submission.errors.pop(name, None)


def hold_to_rules(
    surface: Surface, values: dict[str, Any], record: Any, *, offered: Collection[str] = ()
) -> dict[str, str]:
    """Fill in what rules fill in, and say what is wrong with the values, by field. No statement."""
    if not rules_of(surface):
        return {}
    look = look_after(surface, values, record)
    for name, effect in _defaults(surface, look, record):
        if name not in values and name not in offered and (is_empty(look(name)) or look(name) is False):
            values[name] = effect.values[0]
    ruling = ruling_of(surface, look)
    errors = dict(_refusals(surface, values, record, ruling, look))
    editable = surface.editable(is_new=record is None)
    for name, rule in ruling.required.items():
        if name in editable and name not in ruling.hidden and is_empty(look(name)):
            errors[name] = _("Please fill in “%(field)s”: the rule “%(rule)s” asks for it.",
                             field=editable[name].words, rule=rule)  # fmt: skip
    return errors


def _defaults(surface: Surface, look: Look, record: Any) -> Iterator[tuple[str, Effect]]:
    """What rules fill in: of a new record, and of others where the conditions hold by this very change."""
    before, roles = stored_look(surface, record), _roles(surface)
    editable = surface.editable(is_new=record is None)
    for rule in rules_of(surface):
        effects = [one for one in rule.then if one.do == "default" and one.field.name in editable]
        if not effects or not any_holds(rule.when, look, roles):
            continue
        if record is None or not any_holds(rule.when, before, roles):
            yield from ((one.field.name, one) for one in effects)


def _refusals(
    surface: Surface, values: Mapping[str, Any], record: Any, ruling: Ruling, look: Look
) -> Iterator[tuple[str, str]]:
    fields, before = {**surface.entry.fields, **surface.custom}, stored_look(surface, record)
    for name, rule in ruling.closed(before).items():
        if name in values and not _same(values[name], before(name)):
            words = fields[name].words
            yield (
                name,
                (
                    _("The rule “%(rule)s” hides “%(field)s” here: it takes no value.", rule=rule, field=words)
                    if name in ruling.hidden
                    else _("The rule “%(rule)s” keeps “%(field)s” as it is.", rule=rule, field=words)
                ),
            )
    for name, (allowed, narrowing) in ruling.narrowed.items():
        value = look(name)
        if is_empty(value) or value in allowed or name in ruling.hidden:
            continue
        # What was stored before stays, unless it or what the rule looks at is changed.
        touched = [one for one in (name, *narrowing.looks) if one in values and not _same(values[one], before(one))]
        if record is None or touched:
            choices = listed(words_of(fields[name], one) for one in allowed)
            yield name, _("The rule “%(rule)s” allows here: %(choices)s.", rule=narrowing.name, choices=choices)


def _same(value: Any, before: Any) -> bool:
    return bool(value == before) or (is_empty(value) and is_empty(before))


def excused(surface: Surface, values: Mapping[str, Any], record: Any) -> Collection[str]:
    """The fields that need not be given, though they are always required, since a rule hides them: the tenant's own,
    for the database insists on all others."""
    if not rules_of(surface):
        return ()
    return [one for one in ruling_of(surface, look_after(surface, values, record)).hidden if one.startswith(PREFIX)]
