"""A form rule as it is made: what a form posted, and adding and taking away lines without any script."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from app.host.form_rules import FormRule, StoredEffect, StoredTest, rule_of

Form = MultiDict[str, str]
_TEST = re.compile(r"w\.(\d{1,3})\.(\d{1,3})\.field")
_EFFECT = re.compile(r"e\.(\d{1,3})\.field")


@dataclass(frozen=True, slots=True)
class Edited:
    """A rule in the making; fields and operators may still be empty."""

    name: str = ""
    groups: tuple[tuple[StoredTest, ...], ...] = ()
    effects: tuple[StoredEffect, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def conditions(self) -> list[list[dict[str, object]]]:
        """As it is stored, without lines that nobody filled in."""
        groups = [[_test(one) for one in group if one.field] for group in self.groups]
        return [group for group in groups if group]

    @property
    def deeds(self) -> list[dict[str, object]]:
        return [
            {"do": one.do, "field": one.field, "values": list(one.values)} for one in self.effects if one.field
        ]  # fmt: skip


def _test(one: StoredTest) -> dict[str, object]:
    return {"field": one.field, "operator": one.operator, "values": list(one.values)}


EMPTY = Edited("", ((StoredTest("", ""),),), (StoredEffect("require", ""),))


def edited_of(row: FormRule) -> Edited:
    rule = rule_of(row.name, row.conditions, row.effects)
    return Edited(row.name, rule.when or EMPTY.groups, rule.then or EMPTY.effects)


def edited_from(form: Form) -> Edited:
    """What somebody made so far."""
    groups: dict[int, dict[int, StoredTest]] = {}
    effects: dict[int, StoredEffect] = {}
    for name in form:
        if match := _TEST.fullmatch(name):
            stem = f"w.{match[1]}.{match[2]}"
            test = StoredTest(form[name], form.get(f"{stem}.operator", ""), _values(form, stem))
            groups.setdefault(int(match[1]), {})[int(match[2])] = test
        elif match := _EFFECT.fullmatch(name):
            stem = f"e.{match[1]}"
            effects[int(match[1])] = StoredEffect(form.get(f"{stem}.do", ""), form[name], _values(form, stem))  # type: ignore[arg-type]
    return Edited(
        form.get("name", "").replace("\x00", " ").strip(),
        tuple(tuple(tests[at] for at in sorted(tests)) for _group, tests in sorted(groups.items())),
        tuple(effects[at] for at in sorted(effects)),
    )


def _values(form: Form, stem: str) -> tuple[str, ...]:
    """Of a value of money the currency stands beside it; of “between” there are two."""
    found = [text.strip() for text in form.getlist(f"{stem}.value") if text.strip()]
    unit = form.get(f"{stem}.value-currency", "")
    second = form.get(f"{stem}.second", "").strip()
    return tuple(f"{text} {unit}".strip() for text in [*found, *([second] if second else [])])


def changed(edited: Edited, deed: str) -> Edited:
    """After a button: `and 0`, `or`, `then`, `drop w.0.1`, `drop e.2`; anything else asks for the page anew."""
    what, _blank, about = deed.partition(" ")
    groups = list(edited.groups)
    if what == "or":
        return replace(edited, groups=(*groups, EMPTY.groups[0]))
    if what == "then":
        return replace(edited, effects=(*edited.effects, *EMPTY.effects))
    if what == "and" and about.isdigit() and int(about) < len(groups):
        groups[int(about)] = (*groups[int(about)], *EMPTY.groups[0])
    if what == "drop":
        return _without(edited, about.split("."))
    return replace(edited, groups=tuple(groups))


def _without(edited: Edited, path: list[str]) -> Edited:
    numbers = [int(one) for one in path[1:] if one.isdigit()]
    if path[0] == "e" and len(numbers) == 1:
        left = tuple(one for at, one in enumerate(edited.effects) if at != numbers[0])
        return replace(edited, effects=left or EMPTY.effects)
    if path[0] == "w" and len(numbers) == 2:
        groups = [
            tuple(one for place, one in enumerate(group) if [at, place] != numbers)
            for at, group in enumerate(edited.groups)
        ]
        return replace(edited, groups=tuple(group for group in groups if group) or EMPTY.groups)
    return edited
