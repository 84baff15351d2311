"""One comparison of a rule as plain values, what it looks at, and its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.sdk import Choice, Company, Contact, ContactAddress, Field, ngettext
from plugins.crm.models import Lead
from plugins.crm.models.conditions import SCORED_FIELDS, SCORED_OPERATORS, USUAL_DAYS

WITHOUT_VALUE = frozenset({"filled", "empty"})
WHOLE = frozenset({"is", "is_not", "one_of"})
ORDERED = frozenset({"at_least", "at_most"})
AGES = frozenset({"newer", "older"})
COUNTED = {"activity.calls": "call", "activity.meetings": "meeting", "activity.emails": "email", "activity.any": ""}
"""Fields that count activities, and of which kind; empty counts all."""
MOMENTS = frozenset({"expected_close", "created_at", "last_activity_at", "next_follow_up_at", "activity.last"})
WAYS = {"contact.email": frozenset({"email"}), "contact.phone": frozenset({"phone", "whatsapp"})}
"""Fields that are ways to reach the contact."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a rule. `key` names the tenant's own field where the field is one, `days` is how long ago
    activities count."""

    field: str
    operator: str
    value: str
    key: str = ""
    alternative: int = 1
    days: int = USUAL_DAYS

    @classmethod
    def of(cls, row: Any) -> Condition:
        """The condition that a row of a rule says: a code that was chosen goes before what was typed."""
        chosen = {"address.country": row.country, "company.country": row.country, "contact.locale": row.language}
        value = chosen.get(row.field) or row.value or ""
        key = (row.custom_key or "") if row.field.endswith("custom") else ""
        days = getattr(row, "days", None) or USUAL_DAYS
        return cls(row.field, row.operator, value, key, row.alternative or 1, days)


def codes_of(path: str) -> Any:
    """The standard that a field of codes follows; None for other fields."""
    fields: dict[str, Field] = {
        "address.country": Company.__fields__["country"], "company.country": Company.__fields__["country"],
        "contact.locale": Contact.__fields__["locale"],
    }  # fmt: skip
    return fields[path].choices if path in fields else None


def words_of(condition: Condition) -> str:
    """The condition as a person would say it."""
    field = next(one.words for one in SCORED_FIELDS if one.value == condition.field)
    operator = next(one.words for one in SCORED_OPERATORS if one.value == condition.operator)
    value = next((one.words for one in _choices(condition.field) if one.value == condition.value), condition.value)
    said = "" if condition.operator in WITHOUT_VALUE else value
    key = f"({condition.key})" if condition.key else ""
    days = ngettext("(in %(num)s day)", "(in %(num)s days)", condition.days) if condition.field in COUNTED else ""
    return " ".join(filter(None, (field, key, operator, said, days)))


def _choices(path: str) -> Iterable[Choice]:
    """The words of what a field may be."""
    name, _dot, rest = path.partition(".")
    model = {"contact": Contact, "company": Company, "address": ContactAddress}.get(name, Lead) if rest else Lead
    field = model.__fields__.get(rest or name)
    return field.choices if field is not None else ()


def inputs(conditions: Iterable[Condition]) -> frozenset[str]:
    """The columns of a lead on which these conditions depend."""
    found: set[str] = set()
    for one in conditions:
        name = one.field.partition(".")[0]
        if name == "address":
            found |= {"contact_id", "company_id"}
        elif name == "custom":
            found.add("custom_fields")
        elif name != "activity":
            found |= {"value_minor", "value_currency"} if name == "value" else {Lead.__fields__[name].column}
    return frozenset(found)
