"""Whether a lead meets the conditions of a rule, as people read it: names, words and amounts, whatever the case.

All conditions of a rule count. Only where two of them say what the same field is (`country is DE`, `country is AT`)
one is enough, because a field that has one value can never be both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from app.sdk import LANGUAGES, Company, Contact, Field, FieldError, Money, Record, _, code_named, session
from plugins.crm.models import Lead
from plugins.crm.models.conditions import CONDITION_FIELDS, OPERATORS


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a rule. `key` names the tenant's own field where the field is one."""

    field: str
    operator: str
    value: str
    key: str = ""

    @classmethod
    def of(cls, row: Any) -> Condition:
        """The condition that a row of a rule says: a code that was chosen goes before what was typed."""
        chosen = {"address.country": row.country, "company.country": row.country, "contact.locale": row.language}
        value = chosen.get(row.field) or row.value or ""
        return cls(row.field, row.operator, value, (row.custom_key or "") if row.field.endswith("custom") else "")


NUMBERS = frozenset({"value"})
ORDERED = frozenset({"at_least", "at_most"})
WITHOUT_VALUE = frozenset({"filled", "empty"})
WHOLE = frozenset({"is", "is_not", "one_of"})
ALTERNATIVES = frozenset({"is", "one_of", "starts", "between"})
OF_SEVERAL = frozenset({"title", "description", "tags", "contact.tags", "company.tags"})
"""Fields that may well be like two values at once."""
RANGED = frozenset({"address.postal_code", "custom", "contact.custom", "company.custom"})
_RANGE = re.compile(r"([\w -]+?)\s*(?:\.\.|–|—|…)\s*([\w -]+)")


def failing(lead: Lead, conditions: Iterable[Condition]) -> list[Condition]:
    """The conditions that keep the lead from meeting them all; none when it does."""
    found = []
    for _same, group in groupby(sorted(conditions, key=_subject), key=_subject):
        several = list(group)
        missed = [one for one in several if not meets(lead, one)]
        if missed and (len(missed) == len(several) or not _is_choice(several[0])):
            found += missed
    return found


def _is_choice(condition: Condition) -> bool:
    return condition.operator in ALTERNATIVES and condition.field not in OF_SEVERAL


def _subject(condition: Condition) -> tuple[str, str, str]:
    operator = "" if _is_choice(condition) else condition.operator
    return condition.field, condition.key, operator


def meets(lead: Lead, condition: Condition) -> bool:
    """Whether the lead meets it; a condition that nobody could have entered is met by none."""
    if condition.operator in ORDERED:
        return _orders(lead, condition)
    texts = [text.casefold() for text in texts_of(lead, condition.field, condition.key)]
    if condition.operator == "between":
        return any(_is_between(text, part) for text in texts for part in _wanted(condition.value))
    compare = _COMPARE.get(condition.operator)
    return compare is not None and compare(texts, _compared(condition))


def _compared(condition: Condition) -> list[str]:
    """The words of the condition; for what is a code the codes that they mean."""
    codes = codes_of(condition.field) if condition.operator in WHOLE else None
    wanted = _wanted(condition.value)
    return wanted if codes is None else [(code_named(codes, one) or one).casefold() for one in wanted]


def _wanted(value: str | None) -> list[str]:
    return [part.strip().casefold() for part in re.split("[,،]", value or "") if part.strip()]


_COMPARE: dict[str, Callable[[list[str], list[str]], bool]] = {
    "is": lambda texts, wanted: bool(wanted) and ", ".join(wanted) in texts,
    "is_not": lambda texts, wanted: ", ".join(wanted) not in texts,
    "one_of": lambda texts, wanted: any(one in texts for one in wanted),
    "contains": lambda texts, wanted: any(one in text for one in wanted for text in texts),
    "starts": lambda texts, wanted: any(text.startswith(one) for one in wanted for text in texts),
    "filled": lambda texts, wanted: bool(texts),
    "empty": lambda texts, wanted: not texts,
}


def texts_of(lead: Lead, path: str, key: str = "") -> list[str]:
    """What the lead, or whom it is about, says in a field: a choice or code by its value and its words, a record by its
    name and id."""
    name, _dot, rest = path.partition(".")
    if path == "custom":
        return list(_plain(lead.custom_fields.get(key) if lead.custom_fields else None))
    if name == "address":
        return _address(lead, rest)
    if not rest:
        return list(_texts(Lead.__fields__[name], _value(lead, name)))
    about = _value(lead, name)
    return list(_of(about, rest, key)) if about is not None else []


def _of(record: Any, name: str, key: str = "") -> Iterator[str]:
    if name == "custom":
        yield from _plain(record.custom_fields.get(key))
    else:
        yield from _texts(type(record).__fields__[name], getattr(record, name))


def _address(lead: Any, name: str) -> list[str]:
    """The contact's address, the default one or else the first; a country or city also by the company."""
    contact: Any = session.get(Contact, lead.contact_id) if lead.contact_id else None
    addresses = sorted(contact.addresses, key=lambda one: (not one.is_default, one.id)) if contact is not None else []
    found = next((texts for one in addresses if (texts := list(_of(one, name)))), [])
    company = session.get(Company, lead.company_id) if lead.company_id and name in ("country", "city") else None
    return found or (list(_of(company, name)) if company is not None else [])


def _value(lead: Lead, name: str) -> Any:
    """A related record is found by its id: of a new lead the relation is not loaded."""
    field = Lead.__fields__[name]
    if field.kind != "belongs_to" or field.target is None:
        return getattr(lead, name)
    key = getattr(lead, field.column)
    return session.get(field.target(), key) if key is not None else None


def _texts(field: Field, value: Any) -> Iterator[str]:
    words_in = getattr(field.choices, "words_in", None)
    if words_in is not None and value:
        yield from (value, value.partition("-")[0], *(words_in(one).get(value, value) for one in LANGUAGES))
        return
    yield from _plain(value)
    yield from (one.words for one in field.choices if one.value == value)


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from map(str, value)
    elif isinstance(value, Record):
        yield from (str(value), str(value.id))
    elif value not in (None, ""):
        yield str(value.amount if isinstance(value, Money) else value)


def _orders(lead: Lead, condition: Condition) -> bool:
    money: Money | None = getattr(lead, condition.field) if condition.field in NUMBERS else None
    if money is None:
        return False
    amount, currency = read_amount(condition.value)
    if currency and currency != money.currency:
        return False
    return money.amount >= amount if condition.operator == "at_least" else money.amount <= amount


def _is_between(text: str, part: str) -> bool:
    """`10115..14199` compares as many letters as its ends have, so that `10..14` holds them as well; ends of different
    lengths are numbers. Blanks do not count (`1010 AB`)."""
    match = _RANGE.fullmatch(part)
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


def check(row: Any, is_new: bool) -> None:
    """Before a condition of any rule is saved: refuse a comparison that no lead could ever meet. Raises FieldError."""
    condition = Condition.of(row)
    if row.field.endswith("custom") and not row.custom_key:
        raise FieldError("custom_key", _("Say which of your own fields is meant."))
    if condition.operator in ORDERED:
        if condition.field not in NUMBERS:
            raise FieldError("operator", _("Only the value of a lead can be larger or smaller."))
        try:
            read_amount(condition.value)
        except ValueError as error:
            raise FieldError("value", str(error)) from None
    elif condition.operator not in WITHOUT_VALUE:
        _check_words(condition)


def _check_words(condition: Condition) -> None:
    wanted = _wanted(condition.value)
    if not wanted:
        raise FieldError("value", _("Say what to compare with."))
    if condition.operator == "between":
        if condition.field not in RANGED:
            raise FieldError("operator", _("Only postal codes and own fields can be from … to …."))
        if not all(_RANGE.fullmatch(one) for one in wanted):
            raise FieldError("value", _("Write both ends with two dots between them, such as 10115..14199."))
    codes = codes_of(condition.field)
    if codes is not None and condition.operator in WHOLE:
        for one in wanted:
            if not code_named(codes, one):
                raise FieldError("value", str(codes.refusal) % {"value": one[:80]})


def codes_of(path: str) -> Any:
    """The standard that a field of codes follows; None for other fields."""
    fields: dict[str, Field] = {
        "address.country": Company.__fields__["country"], "company.country": Company.__fields__["country"],
        "contact.locale": Contact.__fields__["locale"],
    }  # fmt: skip
    return fields[path].choices if path in fields else None


def words_of(condition: Condition) -> str:
    """The condition as a person would say it."""
    field = next(one.words for one in CONDITION_FIELDS if one.value == condition.field)
    operator = next(one.words for one in OPERATORS if one.value == condition.operator)
    codes = codes_of(condition.field)
    value = next((one.words for one in codes or () if one.value == condition.value), condition.value)
    said = "" if condition.operator in WITHOUT_VALUE else value
    return " ".join(filter(None, (field, f"({condition.key})" if condition.key else "", operator, said)))


def inputs(conditions: Iterable[Condition]) -> frozenset[str]:
    """The columns of a lead on which these conditions depend."""
    found: set[str] = set()
    for one in conditions:
        name = one.field.partition(".")[0]
        if name == "address":
            found |= {"contact_id", "company_id"}
        elif name == "custom":
            found.add("custom_fields")
        else:
            found |= {"value_minor", "value_currency"} if name == "value" else {Lead.__fields__[name].column}
    return frozenset(found)
