"""A rule in words, what it would do with a record, and the records that break what it requires."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.data.record import words_of
from app.host import registry
from app.host.form_rules import FormRule, rule_of
from app.identity.locale import listed
from app.identity.principal import principal
from app.screens.reading import BadArguments, Filter, Surface, count_rows, parse_list
from app.screens.reading.listing import select_rows
from app.screens.ruling import Rule, stored_look
from app.screens.ruling.conditions import RoleTest, Test, When, any_holds, is_empty
from app.screens.ruling.rules import Effect, every_field, rule_from
from app.screens.views.conditions import value_words
from app.screens.views.counting import count_words
from app.screens.views.operators import operator_words
from app.screens.views.relations import relation_labels
from app.screens.views.screen import with_query
from app.tenancy.models import EVERY_ROLE


def readable(surface: Surface, row: FormRule) -> Rule | None:
    """The rule; None when something it looks at is gone."""
    try:
        return rule_from(every_field(surface), rule_of(row.name, row.conditions, row.effects), lenient=True)
    except ValueError:
        return None


def condition_words(surface: Surface, when: When) -> list[str]:
    """A line for each group: all of one of them must hold."""
    tests = [one for group in when for one in group if isinstance(one, Filter) and one.field.picks]
    wanted = {str(value): (one.field, value) for one in tests for value in one.operands if one.operator != "empty"}
    labels = relation_labels(surface.session, wanted) if wanted else {}
    return [listed(_test_words(one, labels) for one in group) for group in when]


def _test_words(one: Test, labels: dict[str, str]) -> str:
    if isinstance(one, RoleTest):
        roles = listed(role.words_here for role in EVERY_ROLE if role.value in one.roles)
        operator = {"is": "one_of", "is_not": "none_of"}.get(one.operator, one.operator)
        return f"{_('Role of the person')} {operator_words(operator)} {roles}"
    if one.operator == "empty":
        return f"{one.field.words} {operator_words('empty' if one.operands[0] else 'filled')}"
    pairs = zip(one.texts, one.operands, strict=True)
    values = listed(value_words(one.field, one.operator, text, value, labels) for text, value in pairs)
    return f"{one.field.words} {operator_words(one.operator)} {values}"


def effect_words(one: Effect) -> str:
    field = one.field.words
    values = listed(words_of(one.field, value) if one.field.kind == "choice" else text
                    for value, text in zip(one.values, one.texts, strict=True))  # fmt: skip
    words = {
        "show": _("“%(field)s” is shown only then", field=field),
        "hide": _("“%(field)s” is hidden", field=field),
        "require": _("“%(field)s” is required", field=field),
        "readonly": _("“%(field)s” stays as it is", field=field),
        "narrow": _("“%(field)s” can only be: %(values)s", field=field, values=values),
        "default": _("“%(field)s” is filled in: %(values)s", field=field, values=values),
    }
    return str(words[one.do])


# --- records that break it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Breaking:
    """The records that lack a field in one case of the rule, and the list of exactly them."""

    field: str
    count: str
    href: str
    is_any: bool


def breaking(surface: Surface, rule: Rule) -> Iterator[Breaking]:
    """For each required field and each group of conditions; conditions on roles are of people, not of records."""
    for one in rule.then:
        if one.do != "require" or one.field.name not in surface.filterable():
            continue
        for group in rule.when or ((),):
            pairs = [pair for test in group if isinstance(test, Filter) for pair in _pairs(test)]
            pairs.append((f"{one.field.name}.empty", "true"))
            try:
                asked = parse_list(surface, MultiDict(pairs))
            except BadArguments:
                continue
            found = count_rows(surface, select_rows(surface, asked))
            href = with_query(f"{request.script_root}{surface.entry.path}/", pairs)
            yield Breaking(one.field.words, count_words(found), href, bool(found.value))


def _pairs(one: Filter) -> Iterator[tuple[str, str]]:
    name = f"{one.field.name}.{one.operator}"
    yield from ((name, text) for text in one.texts)


# --- on one record ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """What the rule does with a record."""

    label: str
    href: str
    is_held: bool
    words: tuple[str, ...]


def tried_on(surface: Surface, rule: Rule, record: Any) -> Tried:
    look, person = stored_look(surface, record), principal()
    is_held = any_holds(rule.when, look, person.roles if person is not None else ())
    href = f"{request.script_root}{registry().entries[surface.entry.key].path}/{record.id}"
    words = tuple(_outcomes(rule, is_held, look))
    return Tried(str(record), href, is_held, words)


def _outcomes(rule: Rule, is_held: bool, look: Any) -> Iterator[str]:
    for one in rule.then:
        if one.do == "show" and not is_held:
            yield _("“%(field)s” is hidden", field=one.field.words)
        elif is_held:
            yield effect_words(one)
        if is_held and one.do == "require" and is_empty(look(one.field.name)):
            yield _("It can be saved only once “%(field)s” is filled in.", field=one.field.words)
