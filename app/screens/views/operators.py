"""The operators of filters in words, and how many values each takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.data import Field
from app.screens.kinds import kind_of
from app.screens.reading import Surface
from app.screens.reading.branches import operators_of
from app.screens.reading.periods import PERIODS
from app.screens.reading.request import ME, leads_to_members

Takes = Literal["none", "one", "two", "many"]
WORDS = {
    "is": _l("is"),
    "me": _l("is me"),
    "is_not": _l("is not"),
    "starts": _l("begins with"),
    "contains": _l("contains"),
    "at_or_below": _l("at or below"),
    "one_of": _l("is any of"),
    "none_of": _l("is none of"),
    "at_least": _l("is at least"),
    "at_most": _l("is at most"),
    "before": _l("is before"),
    "after": _l("is after"),
    "between": _l("is between"),
    "within": _l("is in"),
    "currency": _l("is in the currency"),
    "has": _l("holds"),
    "empty": _l("is empty"),
    "filled": _l("is not empty"),
}
_TAKES: dict[str, Takes] = {"between": "two", "empty": "none", "filled": "none", "me": "none", "one_of": "many"}
_CHOICES = ("one_of", "empty")
"""A panel offers a choice as a list to tick, which needs no “is” beside “is any of”."""
_IN_ADDRESSES = ("none_of", "currency", "within")
"""Conditions that links of reports make; a panel offers each period as an operator of its own."""
WITHIN = "within:"


def offered(surface: Surface, field: Field) -> list[str]:
    """The operators of a field's line in the filter panel, in order. In the address `filled` is `empty=false`, and
    `me` is `is=me`."""
    found = in_order(field, operators_of(surface, field))
    return [found[0], ME, *found[1:]] if leads_to_members(field) else found


def in_order(field: Field, operators: Sequence[str]) -> list[str]:
    """Those of these operators that people are offered, as they are offered them."""
    known = list(operators)
    if field.kind == "choice":
        known = list(_CHOICES)
    elif field.kind != "tags":
        known = [name for name in known if name != "one_of" and name not in _IN_ADDRESSES]
    if field.kind == "flag" or (not field.is_nullable and "empty" in known):
        known = [name for name in known if name != "empty"]
    periods = [WITHIN + name for name in PERIODS] if "within" in kind_of(field).operators else []
    return [*known, *(["filled"] if "empty" in known else []), *periods]


def takes(operator: str) -> Takes:
    """How many values belong to an operator."""
    return "none" if operator.startswith(WITHIN) else _TAKES.get(operator, "one")


def operator_words(operator: str) -> str:
    """An operator as it reads between the field and the value."""
    if operator.startswith(WITHIN):
        return f"{WORDS['within']} {PERIODS[operator.removeprefix(WITHIN)]}"
    return str(WORDS.get(operator, operator))


def yes_no(value: bool) -> str:
    return str(_("Yes") if value else _("No"))
