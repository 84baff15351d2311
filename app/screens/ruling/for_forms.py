"""The rules as `rules.js` reads them: only of fields that the form holds. What looks elsewhere is settled here."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from app.data import Field
from app.screens.kinds import kind_of
from app.screens.reading.request import Filter
from app.screens.reading.surface import Surface
from app.screens.ruling.conditions import Look, RoleTest, Test, When, holds, looked_at, shown_when
from app.screens.ruling.rules import Rule, rules_of

_AS_TYPED = ("empty", "contains", "starts", "has")
_DAY = len("2026-01-31")


def rules_for_form(surface: Surface, names: Collection[str], look: Look) -> str:
    """JSON for a form that holds the fields `names`; empty when no rule concerns it. `look` gives the other values."""
    roles = surface.person.roles if surface.person is not None else ()
    found = [_rule(one, names, look, roles) for one in rules_of(surface)]
    told = [one for one in found if one["then"]]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) if told else ""


def show_if_json(declared: Field, prefix: str = "") -> str:
    """The condition of a field's `show_if`, about the text of the control of that name; empty without one."""
    if not declared.show_if:
        return ""
    control = Field("text", looked_at(declared))
    groups = [[_test(one, prefix) for one in group] for group in shown_when(declared, control)]
    return json.dumps(groups, ensure_ascii=False, separators=(",", ":")) if groups else ""


def _rule(rule: Rule, names: Collection[str], look: Look, roles: Collection[str]) -> dict[str, Any]:
    return {
        "when": _groups(rule.when, names, look, roles),
        "then": [
            {"do": one.do, "field": one.field.name, "values": list(one.texts)}
            for one in rule.then
            if one.field.name in names
        ],
    }


def _groups(when: When, names: Collection[str], look: Look, roles: Collection[str]) -> list[list[dict[str, Any]]]:
    """`[[]]` always holds, `[]` never."""
    found = []
    for group in when or ((),):
        settled = [one for one in group if isinstance(one, RoleTest) or one.field.name not in names]
        if all(_passes(one, look, roles) for one in settled):
            found.append([_test(one) for one in group if isinstance(one, Filter) and one.field.name in names])
    return found


def _passes(one: Test, look: Look, roles: Collection[str]) -> bool:
    return one.holds(roles) if isinstance(one, RoleTest) else holds(one, look(one.field.name))


def _test(one: Test, prefix: str = "") -> dict[str, Any]:
    if isinstance(one, RoleTest):
        raise TypeError("Roles are settled before a form is printed.")
    return {
        "field": prefix + one.field.name,
        "kind": one.field.kind,
        "operator": one.operator,
        "values": [_text(one, text, value) for text, value in zip(one.texts, one.operands, strict=True)],
    }


def _text(one: Filter, text: str, value: Any) -> str:
    """As the form's control would hold it; a bare date stands for a whole day."""
    if one.operator == "empty":
        return "true" if value else "false"
    is_day = one.field.kind == "moment" and len(text) <= _DAY
    return text if one.operator in _AS_TYPED or is_day else kind_of(one.field).show(one.field, value)
