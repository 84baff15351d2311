"""What is refused before a condition of any rule is saved: a comparison that no lead could ever meet."""

from __future__ import annotations

from typing import Any

from app.sdk import Company, Contact, FieldError, _, code_named, fields_of
from plugins.crm.models import Lead
from plugins.crm.services.conditions.condition import (
    AGES,
    COUNTED,
    MOMENTS,
    ORDERED,
    WHOLE,
    WITHOUT_VALUE,
    Condition,
    codes_of,
)  # fmt: skip
from plugins.crm.services.conditions.meeting import RANGE, read_amount, wanted_of
from plugins.crm.services.differences import changes

NUMBERS = frozenset({"value", *COUNTED})
OWN: dict[str, Any] = {"custom": Lead, "contact.custom": Contact, "company.custom": Company}
RANGED = frozenset({"address.postal_code", *OWN})


def check(row: Any, is_new: bool) -> None:
    """Before a condition of any rule is saved. Raises FieldError."""
    condition = Condition.of(row)
    if condition.field in OWN and (is_new or changes(row, "field", "custom_key")):
        _check_key(row)
    if condition.operator in ORDERED:
        _check_number(condition)
    elif condition.operator in AGES:
        _check_age(condition)
    elif condition.field in COUNTED:
        raise FieldError("operator", _("Numbers of activities are at least or at most something."))
    elif condition.operator not in WITHOUT_VALUE:
        _check_words(condition)


def _check_key(row: Any) -> None:
    """An own field is named as it was set up; the refusal says which there are."""
    if not row.custom_key:
        raise FieldError("custom_key", _("Say which of your own fields is meant."))
    known = {
        name.removeprefix("custom."): field for name, field in fields_of(OWN[row.field]).items() if "custom." in name
    }
    if row.custom_key in known:
        return
    named = next((key for key, one in known.items() if one.words.casefold() == row.custom_key.strip().casefold()), None)
    if named is None:
        names = ", ".join(f"{key} ({one.words})" for key, one in known.items()) or _("none")
        raise FieldError("custom_key", _("There is no such own field. There are: %(names)s.", names=names))
    row.custom_key = named


def _check_number(condition: Condition) -> None:
    if condition.field not in NUMBERS | OWN.keys():
        raise FieldError("operator", _("Only values, own fields and numbers of activities can be larger or smaller."))
    try:
        read_amount(condition.value)
    except ValueError as error:
        raise FieldError("value", str(error)) from None


def _check_age(condition: Condition) -> None:
    if condition.field not in MOMENTS | OWN.keys():
        raise FieldError("operator", _("Only dates are newer or older than so many days."))
    if not (condition.value.isascii() and condition.value.isdecimal() and len(condition.value) <= 5):
        raise FieldError("value", _("Please give a number of days here."))


def _check_words(condition: Condition) -> None:
    wanted = wanted_of(condition.value)
    if not wanted:
        raise FieldError("value", _("Say what to compare with."))
    if condition.operator == "between":
        if condition.field not in RANGED:
            raise FieldError("operator", _("Only postal codes and own fields can be from … to …."))
        if not all(RANGE.fullmatch(one) for one in wanted):
            raise FieldError("value", _("Write both ends with two dots between them, such as 10115..14199."))
    codes = codes_of(condition.field)
    if codes is not None and condition.operator in WHOLE:
        for one in wanted:
            if not code_named(codes, one):
                raise FieldError("value", str(codes.refusal) % {"value": one[:80]})
