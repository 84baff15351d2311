"""The conditions of lists, asked of one record in hand: the same operators, the same answers, without a statement.

This is the one evaluator of conditions outside SQL: of form rules, and of a field's `show_if`. `rules.js` is the same
on forms, for as long as somebody types.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.data import Field, Money
from app.screens.kinds import kind_of
from app.screens.reading.conditions import moment_span
from app.screens.reading.request import Filter

Look = Callable[[str], Any]
"""The value of a field of the record, by the field's name."""
_WORDS = ("text", "long_text", "email", "url", "phone")


@dataclass(frozen=True, slots=True)
class RoleTest:
    """Whether the person has one of these roles; with `is_not` and `none_of`, that they have none of them."""

    operator: str
    roles: tuple[str, ...]

    def holds(self, roles: Collection[str]) -> bool:
        return any(one in roles for one in self.roles) != (self.operator in ("is_not", "none_of"))


Test = Filter | RoleTest
When = tuple[tuple[Test, ...], ...]
"""All tests of one of the groups; no group at all always holds."""


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def any_holds(when: When, look: Look, roles: Collection[str] = ()) -> bool:
    """Whether one of the groups holds, or there is none."""
    return not when or any(all(_passes(one, look, roles) for one in group) for group in when)


def _passes(one: Test, look: Look, roles: Collection[str]) -> bool:
    return one.holds(roles) if isinstance(one, RoleTest) else holds(one, look(one.field.name))


def holds(one: Filter, value: Any) -> bool:
    """Whether a record whose field has this value would be in a list with this condition."""
    if one.operator == "empty":
        return is_empty(value) == bool(one.operands[0])
    if is_empty(value):
        return one.operator in ("is_not", "none_of")
    if one.operator == "has":
        return bool(one.operands[0] in value)
    if one.field.kind == "moment":
        return _of_moment(one, value)
    if one.field.kind == "money":
        return _of_money(one, value)
    if one.field.kind in _WORDS:
        return _COMPARE[one.operator](str(value).casefold(), tuple(str(text).casefold() for text in one.operands))
    return _COMPARE[one.operator](value, one.operands)


_COMPARE: Mapping[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "is": lambda value, wanted: bool(value == wanted[0]),
    "is_not": lambda value, wanted: bool(value != wanted[0]),
    "one_of": lambda value, wanted: value in wanted,
    "none_of": lambda value, wanted: value not in wanted,
    "at_least": lambda value, wanted: bool(value >= wanted[0]),
    "at_most": lambda value, wanted: bool(value <= wanted[0]),
    "before": lambda value, wanted: bool(value < wanted[0]),
    "after": lambda value, wanted: bool(value > wanted[0]),
    "between": lambda value, wanted: bool(min(wanted) <= value <= max(wanted)),
    "contains": lambda value, wanted: wanted[0] in value,
    "starts": lambda value, wanted: value.startswith(wanted[0]),
}
OPERATORS = frozenset((*_COMPARE, "empty", "has"))
"""What rules may ask; periods that move with the calendar are for lists alone."""


def _of_money(one: Filter, value: Money) -> bool:
    amounts: tuple[Money, ...] = one.operands
    if any(amount.currency != value.currency for amount in amounts):
        return False
    return _COMPARE[one.operator](value.minor, tuple(amount.minor for amount in amounts))


def _of_moment(one: Filter, value: Any) -> bool:
    """A bare date means that whole day on the reader's clock."""
    spans = [moment_span(text, wanted) for text, wanted in zip(one.texts, one.operands, strict=True)]
    start, end = min(spans)[0], max(spans, key=lambda span: span[1])[1]
    if one.operator == "before":
        return bool(value < start)
    return bool(value >= end) if one.operator == "after" else bool(start <= value < end)


# --- show_if: the same language, declared in a short form ------------------------------------------------------------


def shown_when(declared: Field, other: Field | None) -> When:
    """The condition of a field's `show_if` (`"kind=call|email"`) on the `other` field that it names."""
    if not declared.show_if or other is None:
        return ()
    texts = tuple(declared.show_if.partition("=")[2].split("|"))
    filled = tuple(text for text in texts if text)
    tests: list[Filter] = []
    if filled:
        tests.append(Filter(other, "one_of", filled, tuple(kind_of(other).operand(other, text) for text in filled)))
    if "" in texts:
        tests.append(Filter(other, "empty", ("true",), (True,)))
    return tuple((one,) for one in tests)


def looked_at(declared: Field) -> str:
    """The name of the field that a `show_if` names; empty without one."""
    return (declared.show_if or "").partition("=")[0]
