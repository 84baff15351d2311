"""The operators of filters in words, and how many values each takes."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.data import Field
from app.screens.kinds import kind_of

WORDS = {
    "is": _l("is"),
    "is_not": _l("is not"),
    "starts": _l("begins with"),
    "contains": _l("contains"),
    "one_of": _l("is any of"),
    "at_least": _l("is at least"),
    "at_most": _l("is at most"),
    "before": _l("is before"),
    "after": _l("is after"),
    "between": _l("is between"),
    "has": _l("holds"),
    "empty": _l("is empty"),
    "filled": _l("is not empty"),
}
TAKES = {"between": "two", "empty": "none", "filled": "none", "one_of": "many"}
_CHOICES = ("one_of", "empty")
"""A panel offers a choice as a list to tick, which needs no “is” beside “is any of”."""


def offered(field: Field) -> list[str]:
    """The operators of a field's line in the filter panel, in order. `filled` is `empty=false` in the address."""
    known = list(kind_of(field).operators)
    if field.kind == "choice":
        known = list(_CHOICES)
    elif field.kind != "tags":
        known = [name for name in known if name != "one_of"]
    if field.kind == "flag" or (not field.is_nullable and "empty" in known):
        known = [name for name in known if name != "empty"]
    return [*known, "filled"] if "empty" in known else known


def operator_words(operator: str) -> str:
    """An operator as it reads between the field and the value."""
    return str(WORDS.get(operator, operator))


def yes_no(value: bool) -> str:
    return str(_("Yes") if value else _("No"))
