"""Whether a lead meets conditions, as people read them: names, words and amounts, whatever the case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from app.sdk import Money, _, code_named, utcnow
from plugins.crm.services.conditions.condition import AGES, ORDERED, WHOLE, Condition, codes_of
from plugins.crm.services.conditions.done import NOTHING, Done
from plugins.crm.services.conditions.reading import moment_of, number_of, texts_of

ALTERNATIVES = frozenset({"is", "one_of", "starts", "between"})
OF_SEVERAL = frozenset(
    {"title", "description", "tags", "contact.tags", "company.tags", "contact.email", "contact.phone"}
)
"""Fields that may well be like two values at once."""
RANGE = re.compile(r"([\w -]+?)\s*(?:\.\.|–|—|…)\s*([\w -]+)")


def failing(lead: Any, conditions: Iterable[Condition], done: Done = NOTHING) -> list[Condition]:
    """The conditions that keep the lead from meeting them; none when it meets all of one alternative. Of several
    alternatives those of the nearest one."""
    tried = [_failing(lead, several, done) for several in alternatives(conditions)]
    return min(tried, key=len, default=[])


def alternatives(conditions: Iterable[Condition]) -> list[list[Condition]]:
    """The conditions by alternative: those of one all count."""
    ordered = sorted(conditions, key=lambda one: one.alternative)
    return [list(several) for _number, several in groupby(ordered, key=lambda one: one.alternative)]


def _failing(lead: Any, conditions: Iterable[Condition], done: Done) -> list[Condition]:
    found = []
    for _same, group in groupby(sorted(conditions, key=_subject), key=_subject):
        several = list(group)
        missed = [one for one in several if not meets(lead, one, done)]
        if missed and (len(missed) == len(several) or not _is_choice(several[0])):
            found += missed
    return found


def _is_choice(condition: Condition) -> bool:
    return condition.operator in ALTERNATIVES and condition.field not in OF_SEVERAL


def _subject(condition: Condition) -> tuple[str, str, str]:
    operator = "" if _is_choice(condition) else condition.operator
    return condition.field, condition.key, operator


def meets(lead: Any, condition: Condition, done: Done = NOTHING) -> bool:
    """Whether the lead meets it; a condition that nobody could have entered is met by none."""
    if condition.operator in ORDERED:
        return _orders(lead, condition, done)
    if condition.operator in AGES:
        return _is_aged(lead, condition, done)
    texts = [text.casefold() for text in texts_of(lead, condition.field, condition.key, done)]
    if condition.operator == "between":
        return any(_is_between(text, part) for text in texts for part in wanted_of(condition.value))
    compare = _COMPARE.get(condition.operator)
    return compare is not None and compare(texts, _compared(condition))


def _compared(condition: Condition) -> list[str]:
    """The words of the condition; for what is a code the codes that they mean."""
    codes = codes_of(condition.field) if condition.operator in WHOLE else None
    wanted = wanted_of(condition.value)
    return wanted if codes is None else [(code_named(codes, one) or one).casefold() for one in wanted]


def wanted_of(value: str | None) -> list[str]:
    """The words that a condition compares with."""
    return [part.strip().casefold() for part in re.split("[,،]", value or "") if part.strip()]


_COMPARE: dict[str, Callable[[Sequence[str], Sequence[str]], bool]] = {
    "is": lambda texts, wanted: bool(wanted) and ", ".join(wanted) in texts,
    "is_not": lambda texts, wanted: ", ".join(wanted) not in texts,
    "one_of": lambda texts, wanted: any(one in texts for one in wanted),
    "contains": lambda texts, wanted: any(one in text for one in wanted for text in texts),
    "starts": lambda texts, wanted: any(text.startswith(one) for one in wanted for text in texts),
    "filled": lambda texts, wanted: bool(texts),
    "empty": lambda texts, wanted: not texts,
}


def _orders(lead: Any, condition: Condition, done: Done) -> bool:
    has = number_of(lead, condition, done)
    if has is None:
        return False
    amount, currency = read_amount(condition.value)
    if isinstance(has, Money):
        if currency and currency != has.currency:
            return False
        has = has.amount
    return has >= amount if condition.operator == "at_least" else has <= amount


def _is_aged(lead: Any, condition: Condition, done: Done) -> bool:
    """What is to come is newer than any number of days; what never was is neither newer nor older."""
    moment = moment_of(lead, condition, done)
    if moment is None:
        return False
    old = utcnow() - moment >= timedelta(days=int(condition.value) + 1)
    return old == (condition.operator == "older")


def _is_between(text: str, part: str) -> bool:
    """`10115..14199` compares as many letters as its ends have, so that `10..14` holds them as well; ends of different
    lengths are numbers. Blanks do not count (`1010 AB`)."""
    match = RANGE.fullmatch(part)
    if match is None:
        return False
    low, high, code = ("".join(one.split()) for one in (match[1], match[2], text))
    if len(low) == len(high):
        return low <= code[: len(low)] <= high and len(code) >= len(low)
    numbers = all(one.isascii() and one.isdecimal() for one in (low, high, code))
    return numbers and int(low) <= int(code) <= int(high)


def read_amount(text: str) -> tuple[Decimal, str]:
    """`1000`, `1,000.50 USD`: an amount, and a currency where one is named. Raises ValueError with a sentence."""
    number, _blank, currency = text.strip().partition(" ")
    try:
        return Decimal(number.replace(",", "")), currency.strip().upper()
    except InvalidOperation:
        raise ValueError(_("“%(value)s” is no amount. Write for example 1000 or 1000 USD.", value=text[:80])) from None
