"""Whether a lead meets the conditions of a rule, as people read it: names, words and amounts, whatever the case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.sdk import FieldError, Money, Record, _, session
from plugins.crm.models import Lead
from plugins.crm.models.assignment import CONDITION_FIELDS, OPERATORS, RuleCondition


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a rule."""

    field: str
    operator: str
    value: str


NUMBERS = frozenset({"value"})
ORDERED = frozenset({"at_least", "at_most"})
WITHOUT_VALUE = frozenset({"filled", "empty"})


def meets(lead: Lead, condition: Condition) -> bool:
    """Whether the lead meets it; a condition that nobody could have entered is met by none."""
    compare = _COMPARE.get(condition.operator)
    if compare is None:
        return _orders(lead, condition)
    return compare([text.casefold() for text in texts_of(lead, condition.field)], _wanted(condition.value))


def _wanted(value: str | None) -> list[str]:
    return [part.strip().casefold() for part in (value or "").split(",") if part.strip()]


_COMPARE: dict[str, Callable[[list[str], list[str]], bool]] = {
    "is": lambda texts, wanted: bool(wanted) and ", ".join(wanted) in texts,
    "is_not": lambda texts, wanted: ", ".join(wanted) not in texts,
    "one_of": lambda texts, wanted: any(one in texts for one in wanted),
    "contains": lambda texts, wanted: any(one in text for one in wanted for text in texts),
    "starts": lambda texts, wanted: any(text.startswith(one) for one in wanted for text in texts),
    "filled": lambda texts, wanted: bool(texts),
    "empty": lambda texts, wanted: not texts,
}


def texts_of(lead: Lead, path: str) -> list[str]:
    """What the lead says in a field: a choice by its value and its words, a record by its name and id."""
    name, _dot, rest = path.partition(".")
    value = _value(lead, name)
    if rest and value is not None:
        return [str(one) for one in (getattr(value, rest),) if one not in (None, "")]
    return list(_texts(lead, name, value))


def _value(lead: Lead, name: str) -> Any:
    """A related record is found by its id: of a new lead the relation is not loaded."""
    field = Lead.__fields__[name]
    if field.kind != "belongs_to" or field.target is None:
        return getattr(lead, name)
    key = getattr(lead, field.column)
    return session.get(field.target(), key) if key is not None else None


def _texts(lead: Lead, name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, Record):
        yield from (str(value), str(value.id))
    elif value not in (None, ""):
        yield str(value.amount if isinstance(value, Money) else value)
        yield from (one.words for one in Lead.__fields__[name].choices if one.value == value)


def _orders(lead: Lead, condition: Condition) -> bool:
    money: Money | None = getattr(lead, condition.field) if condition.field in NUMBERS else None
    if money is None:
        return False
    amount, currency = read_amount(condition.value)
    if currency and currency != money.currency:
        return False
    return money.amount >= amount if condition.operator == "at_least" else money.amount <= amount


def read_amount(text: str) -> tuple[Decimal, str]:
    """`1000`, `1,000.50 USD`: an amount, and a currency where one is named. Raises ValueError with a sentence."""
    number, _blank, currency = text.strip().partition(" ")
    try:
        return Decimal(number.replace(",", "")), currency.strip().upper()
    except InvalidOperation:
        raise ValueError(_("“%(value)s” is no amount. Write for example 1000 or 1000 USD.", value=text[:80])) from None


def check(condition: RuleCondition, is_new: bool) -> None:
    """Refuse a comparison that no lead could ever meet. Raises FieldError."""
    if condition.operator in ORDERED:
        if condition.field not in NUMBERS:
            raise FieldError("operator", _("Only the value of a lead can be larger or smaller."))
        try:
            read_amount(condition.value or "")
        except ValueError as error:
            raise FieldError("value", str(error)) from None
    elif condition.operator not in WITHOUT_VALUE and not _wanted(condition.value):
        raise FieldError("value", _("Say what to compare with."))


def words_of(condition: Condition) -> str:
    """The condition as a person would say it."""
    field = next(one.words for one in CONDITION_FIELDS if one.value == condition.field)
    operator = next(one.words for one in OPERATORS if one.value == condition.operator)
    return f"{field} {operator} {'' if condition.operator in WITHOUT_VALUE else condition.value}".strip()
