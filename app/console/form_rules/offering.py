"""What can be chosen while a rule is made: fields, operators, and controls for the values, by the kinds of fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from app.console.form_rules.checking import NO_DEFAULT
from app.console.form_rules.editing import Edited
from app.data import Field
from app.host.form_rules import DEEDS, ROLE, Deed, StoredEffect, StoredTest
from app.screens.kinds import kind_of
from app.screens.laying import layable
from app.screens.page import FieldView, Option
from app.screens.ruling.conditions import OPERATORS
from app.screens.views.controls import Known, control_of
from app.screens.views.filter_panel import value_controls
from app.screens.views.operators import WITHIN, in_order, operator_words, takes
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen
from app.tenancy.models import EVERY_ROLE


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A condition or an effect with its controls. `stem` begins their names."""

    stem: str
    fields: tuple[Option, ...]
    choices: tuple[Option, ...]
    """Operators, or deeds."""
    controls: tuple[FieldView, ...]


def deed_words(deed: Deed) -> str:
    words = {
        "show": _("show only then"),
        "hide": _("hide"),
        "require": _("require"),
        "readonly": _("keep as it is"),
        "narrow": _("allow only"),
        "default": _("fill in"),
    }
    return str(words[deed])


def groups_of(screen: Screen, edited: Edited, stem: str = "", *, asks_roles: bool = True) -> list[list[RuleLine]]:
    """The lines of conditions. `stem` stands before the names of their controls; what happens by itself asks for no
    role of a person."""
    fields = layable(screen.surface)
    known = _labels(screen, edited, fields, stem)
    found = [
        [_test_line(screen, f"{stem}w.{at}.{place}", one, fields, known) for place, one in enumerate(group)]
        for at, group in enumerate(edited.groups)
    ]
    return found if asks_roles else [[_without_roles(line) for line in group] for group in found]


def _without_roles(line: RuleLine) -> RuleLine:
    return replace(line, fields=tuple(one for one in line.fields if one.value != ROLE))


def effects_of(screen: Screen, edited: Edited) -> list[RuleLine]:
    fields = {name: one for name, one in layable(screen.surface).items() if not one.readonly}
    return [_effect_line(screen, f"e.{at}", one, fields) for at, one in enumerate(edited.effects)]


def _labels(screen: Screen, edited: Edited, fields: dict[str, Field], stem: str) -> Known:
    wanted = {
        f"{stem}w.{at}.{place}.value": (fields[one.field], one.values[0])
        for at, group in enumerate(edited.groups)
        for place, one in enumerate(group)
        if one.values and one.field in fields and fields[one.field].picks
    }
    return Known(relation_labels(screen.surface.session, wanted) if wanted else {})


def _test_line(screen: Screen, stem: str, one: StoredTest, fields: dict[str, Field], known: Known) -> RuleLine:
    field = fields.get(one.field)
    options = [Option(name, found.words, name == one.field) for name, found in fields.items() if _can_be_asked(found)]
    options.append(Option(ROLE, _("Role of the person"), one.field == ROLE))
    operators = ["one_of", "none_of"] if one.field == ROLE else _operators(field) if field is not None else []
    operator = _written(one)
    if operator not in operators:
        operator = operators[0] if operators else ""
    choices = tuple(Option(name, operator_words(name), name == operator) for name in operators)
    if one.field == ROLE:
        ticks = tuple(Option(role.value, role.words_here, role.value in one.values) for role in EVERY_ROLE
                      if role.value in one.values or role.here is None or role.here())  # fmt: skip
        controls: tuple[FieldView, ...] = (
            FieldView(f"{stem}.value", _("Roles"), "ticks", options=ticks, compact=True),
        )  # fmt: skip
    elif field is None or takes(operator) == "none":
        controls = ()
    else:
        names = f"{stem}.value", f"{stem}.second"
        found = tuple(value_controls(screen, field, names, one.values, known))
        controls = found if operator == "between" else found[:1]
    return RuleLine(stem, (Option("", "…", not one.field), *options), choices, controls)


def _written(one: StoredTest) -> str:
    """As the panel of filters calls it: `empty=false` is “filled”, one choice is one of some."""
    return "filled" if one.operator == "empty" and one.values[-1:] == ("false",) else one.operator


def _can_be_asked(field: Field) -> bool:
    return bool(_operators(field)) and not field.secret


def _operators(field: Field) -> list[str]:
    usual = in_order(field, kind_of(field).operators)
    found = [one for one in usual if not one.startswith(WITHIN) and (one in OPERATORS or one == "filled")]
    return [*found[:1], "none_of", *found[1:]] if field.kind == "choice" else found


def _effect_line(screen: Screen, stem: str, one: StoredEffect, fields: dict[str, Field]) -> RuleLine:
    deeds = tuple(Option(deed, deed_words(deed), deed == one.do) for deed in DEEDS)
    options = (Option("", "…", not one.field), *(Option(n, f.words, n == one.field) for n, f in fields.items()))
    field = fields.get(one.field)
    controls = tuple(_values(screen, stem, one, field)) if field is not None else ()
    return RuleLine(stem, options, deeds, controls)


def _values(screen: Screen, stem: str, one: StoredEffect, field: Field) -> Iterator[FieldView]:
    name = f"{stem}.value"
    if one.do == "narrow" and field.kind == "choice":
        ticks = tuple(Option(found.value, found.words, found.value in one.values) for found in field.offered)
        yield FieldView(name, field.words, "ticks", options=ticks, compact=True)
    elif one.do == "default" and field.kind == "flag":
        yes = (Option("true", _("Yes"), one.values == ("true",)), Option("false", _("No"), one.values == ("false",)))
        yield FieldView(name, field.words, "choice", "".join(one.values[:1]), options=yes, compact=True)
    elif one.do == "default" and field.kind not in NO_DEFAULT:
        plain = replace(field, required=False, help=None, show_if=None, default=None)
        yield control_of(screen, plain, name, "".join(one.values[:1]), compact=True)
