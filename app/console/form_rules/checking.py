"""What a form rule must be, by whatever way it is saved: about fields that exist, possible, and never so that nobody
could save a record any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from app.console.rules import check_resource_name
from app.data import Field, db
from app.host import FieldErrors, registry
from app.host.custom_fields import PREFIX
from app.host.form_rules import DEEDS, StoredRule, rule_of
from app.screens.reading import Surface
from app.screens.ruling.rules import Effect, Rule, effect_from, every_field, test_from

NO_DEFAULT = ("belongs_to", "record_id", "tags", "json", "has_many")
"""Kinds that a rule cannot fill in."""


def check_form_rule(row: Any, is_new: bool) -> None:
    """Before a `FormRule` is saved. Raises FieldErrors."""
    check_resource_name(row.resource)
    surface = Surface(registry().entries[row.resource], db.session())
    errors: dict[str, str] = {}
    try:
        stored = rule_of(row.name or "", row.conditions, [])
    except ValueError:
        errors["conditions"] = _("Conditions are a list of groups, each a list of “field”, “operator” and “values”.")
    try:
        stored = rule_of(row.name or "", row.conditions if not errors else [], row.effects)
    except ValueError:
        errors["effects"] = _("Effects are a list of “do”, “field” and “values”; “do” can be: %(deeds)s.",
                              deeds=", ".join(DEEDS))  # fmt: skip
    if not errors:
        errors = problems_of(surface, stored)
    if errors:
        raise FieldErrors(errors)


def problems_of(surface: Surface, stored: StoredRule) -> dict[str, str]:
    """Why a rule cannot be, by `conditions` and `effects`; empty when it can."""
    fields, found = every_field(surface), dict[str, str]()
    when = []
    for group in stored.when:
        try:
            when.append(tuple(test_from(fields, one) for one in group))
        except ValueError as error:
            found.setdefault("conditions", str(error))
    then = []
    for one in stored.then:
        try:
            then.append(effect_from(fields, one))
        except ValueError as error:
            found.setdefault("effects", str(error))
    if not stored.then:
        found.setdefault("effects", str(_("Please say what the rule does.")))
    if not found:
        words = next(_flaws(Rule(stored.name, tuple(when), tuple(then))), "")
        found = {"effects": words} if words else {}
    return found


def _flaws(rule: Rule) -> Iterator[str]:
    deeds: dict[str, set[str]] = {}
    for one in rule.then:
        deeds.setdefault(one.field.name, set()).add(one.do)
        yield from _alone(one, rule)
    labels = {one.field.name: one.field.words for one in rule.then}
    for name, done in deeds.items():
        if "hide" in done and done & {"require", "show", "narrow", "default"}:
            yield str(_("“%(field)s” cannot be hidden and asked for at once: nobody could save a record.",
                        field=labels[name]))  # fmt: skip
        if {"require", "readonly"} <= done and "default" not in done:
            yield str(_("“%(field)s” cannot be required and closed at once, unless the rule fills it in.",
                        field=labels[name]))  # fmt: skip
    narrowed = {one.field.name: one.values for one in rule.then if one.do == "narrow"}
    for one in rule.then:
        if one.do == "default" and one.values[0] not in narrowed.get(one.field.name, one.values):
            yield str(_("What is filled into “%(field)s” is none of the choices it is narrowed to.",
                        field=one.field.words))  # fmt: skip


def _alone(one: Effect, rule: Rule) -> Iterator[str]:
    """What is wrong with one effect, whatever the others are."""
    field, words = one.field, one.field.words
    if field.readonly:
        yield str(_("“%(field)s” is filled in by the system: no form has it.", field=words))
    if one.do in ("hide", "show", "readonly") and field.name in rule.looks:
        yield str(_("A rule cannot hide or close “%(field)s” and look at it.", field=words))
    if one.do in ("hide", "show", "readonly") and _is_vital(field):
        yield str(_("“%(field)s” is always required, so it can be neither hidden nor closed.", field=words))
    if one.do == "require" and field.kind == "flag":
        yield str(_("“%(field)s” is yes or no, so it always has a value.", field=words))
    if one.do == "narrow" and field.kind != "choice":
        yield str(_("“%(field)s” has no choices to narrow.", field=words))
    if one.do == "default" and field.kind in NO_DEFAULT:
        yield str(_("“%(field)s” cannot be filled in by a rule.", field=words))


def _is_vital(field: Field) -> bool:
    """The database insists on it, and nothing fills it in."""
    return field.required and field.default is None and field.kind != "flag" and not field.name.startswith(PREFIX)
