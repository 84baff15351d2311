"""The rules of a kind of record, read against its fields. A rule that looks at a field that is gone is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.data import Field
from app.host.form_rules import ROLE, Deed, StoredEffect, StoredRule, StoredTest, stored_rules
from app.screens.kinds import kind_of, reader
from app.screens.reading.request import filter_of
from app.screens.reading.surface import Surface
from app.screens.ruling.conditions import OPERATORS, RoleTest, Test, When
from app.tenancy.configuration import by_configuration
from app.tenancy.models import EVERY_ROLE

_OF_ROLES = ("is", "is_not", "one_of", "none_of")


@dataclass(frozen=True, slots=True)
class Effect:
    """What is done to a field. `values` are as the record would hold them, `texts` as a form would."""

    do: Deed
    field: Field
    values: tuple[Any, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    when: When
    then: tuple[Effect, ...]

    @property
    def looks(self) -> frozenset[str]:
        """The fields that it looks at."""
        return frozenset(one.field.name for group in self.when for one in group if not isinstance(one, RoleTest))


def rules_of(surface: Surface) -> tuple[Rule, ...]:
    """The rules that hold for this person's surface, in order. Remembered while the configuration stays."""
    stored = stored_rules(surface.session, surface.person, surface.entry.key)
    if not stored:
        return ()
    name = f"rules of {surface.entry.key} for {reader()}"
    found: tuple[Rule, ...] = by_configuration(
        surface.session, surface.person, name, lambda _session: tuple(_readable(surface, stored))
    )
    return found


def _readable(surface: Surface, stored: Any) -> list[Rule]:
    fields, found = every_field(surface), []
    for one in stored:
        try:
            found.append(rule_from(fields, one, lenient=True))
        except ValueError:
            continue
    return found


def every_field(surface: Surface) -> dict[str, Field]:
    """The fields that rules may name, whoever asks."""
    return {**surface.entry.fields, **surface.custom}


def rule_from(fields: Mapping[str, Field], stored: StoredRule, *, lenient: bool = False) -> Rule:
    """A stored rule against these fields. Raises ValueError with a sentence; a lenient reader leaves out effects on
    fields that are gone, and values that are no choices any more."""
    when = tuple(tuple(test_from(fields, one) for one in group) for group in stored.when)
    effects = []
    for one in stored.then:
        try:
            effects.append(effect_from(fields, one, lenient=lenient))
        except ValueError:
            if not lenient:
                raise
    return Rule(stored.name, when, tuple(effects))


def test_from(fields: Mapping[str, Field], stored: StoredTest) -> Test:
    """Raises ValueError with a sentence."""
    operator, values = stored.operator, list(stored.values)
    if stored.field == ROLE:
        if operator not in _OF_ROLES or not values or {*values} - {one.value for one in EVERY_ROLE}:
            raise ValueError(_("Please choose roles to compare with."))
        return RoleTest(operator, tuple(values))
    field = _field(fields, stored.field)
    if operator in ("empty", "filled"):
        values = ["false" if operator == "filled" or values[-1:] == ["false"] else "true"]
        operator = "empty"
    if operator not in OPERATORS:
        raise ValueError(_("Rules cannot ask whether a field “%(operator)s” something.", operator=operator[:40]))
    found = filter_of(field, operator, values)
    if not found.operands:
        raise ValueError(_("Please give a value to compare “%(field)s” with.", field=field.words))
    return found


def effect_from(fields: Mapping[str, Field], stored: StoredEffect, *, lenient: bool = False) -> Effect:
    """Raises ValueError with a sentence."""
    field = _field(fields, stored.field)
    if stored.do not in ("narrow", "default"):
        return Effect(stored.do, field)
    texts = [text for text in stored.values if text.strip()]
    if lenient and stored.do == "narrow":
        known = {one.value for one in field.choices}
        texts = [text for text in texts if text in known]
    if not texts:
        raise ValueError(_("Please give a value for “%(field)s”.", field=field.words))
    kind = kind_of(field)
    values = tuple(kind.parse(field, text) for text in texts)
    return Effect(stored.do, field, values, tuple(kind.show(field, one) for one in values))


def _field(fields: Mapping[str, Field], name: str) -> Field:
    field = fields.get(name)
    if field is None or field.kind == "has_many":
        raise ValueError(_("There is no field “%(name)s” here.", name=name[:80]))
    return field
