"""A condition on a lead, as the rules of assignment, of territories and of scores are made of: what may be compared,
and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.sdk import Choice, _l, choice, country, integer, language, text

CONDITION_FIELDS = (
    Choice("source", _l("Source")),
    Choice("title", _l("Title")),
    Choice("description", _l("Description")),
    Choice("value", _l("Value")),
    Choice("priority", _l("Priority")),
    Choice("tags", _l("Tags")),
    Choice("pipeline", _l("Pipeline")),
    Choice("stage", _l("Stage")),
    Choice("status", _l("Status")),
    Choice("custom", _l("Own field")),
    Choice("address.country", _l("Country (the contact's, else the company's)")),
    Choice("address.state", _l("State (the contact's)")),
    Choice("address.city", _l("City (the contact's, else the company's)")),
    Choice("address.postal_code", _l("Postal code (the contact's)")),
    Choice("contact", _l("Contact")),
    Choice("contact.locale", _l("Contact: language")),
    Choice("contact.source", _l("Contact: source")),
    Choice("contact.tags", _l("Contact: tags")),
    Choice("contact.custom", _l("Contact: own field")),
    Choice("company", _l("Company")),
    Choice("company.country", _l("Company: country")),
    Choice("company.city", _l("Company: city")),
    Choice("company.industry", _l("Company: industry")),
    Choice("company.size", _l("Company: size")),
    Choice("company.tags", _l("Company: tags")),
    Choice("company.custom", _l("Company: own field")),
)
SCORED_FIELDS = (
    *CONDITION_FIELDS,
    Choice("contact.email", _l("Contact: e-mail")),
    Choice("contact.phone", _l("Contact: phone")),
    Choice("contact.position", _l("Contact: position")),
    Choice("assigned_to", _l("Assigned to")),
    Choice("territory", _l("Territory")),
    Choice("expected_close", _l("Expected close")),
    Choice("created_at", _l("Created")),
    Choice("last_activity_at", _l("Last activity")),
    Choice("next_follow_up_at", _l("Next follow-up")),
    Choice("activity.calls", _l("Number of calls")),
    Choice("activity.meetings", _l("Number of meetings")),
    Choice("activity.emails", _l("Number of e-mails")),
    Choice("activity.any", _l("Number of activities")),
    Choice("activity.last", _l("Last call, meeting or e-mail")),
)
"""Beside what every rule looks at, what changes with time and work: rules that are asked once have no use for it."""
OPERATORS = (
    Choice("is", _l("is")),
    Choice("is_not", _l("is not")),
    Choice("one_of", _l("is one of")),
    Choice("contains", _l("contains")),
    Choice("starts", _l("begins with")),
    Choice("between", _l("is from … to …")),
    Choice("at_least", _l("is at least")),
    Choice("at_most", _l("is at most")),
    Choice("filled", _l("is filled in")),
    Choice("empty", _l("is empty")),
)
SCORED_OPERATORS = (
    *OPERATORS,
    Choice("newer", _l("is at most so many days ago")),
    Choice("older", _l("is more than so many days ago")),
)
USUAL_DAYS = 30
"""Activities are counted over so many days where a condition does not say how many."""


def condition_words() -> Any:
    """What is said above the conditions of a rule."""
    return _l(
        "Those of one alternative all count; of several alternatives one is enough. "
        "Of several that say what the same field is, one is enough."
    )


def condition_field(fields: Sequence[Choice] = CONDITION_FIELDS) -> Any:
    """What is compared."""
    return choice(*fields, label=_l("Field"), default="source")


def condition_operator(operators: Sequence[Choice] = OPERATORS) -> Any:
    """How it is compared."""
    return choice(*operators, label=_l("Comparison"), default="is")


def condition_value() -> Any:
    """With what: words as people see them."""
    words = _l("Names as they are shown. Several of them with commas between; postal codes from 10115..14199.")
    return text(max_length=500, label=_l("Value"), help=words)


def condition_country() -> Any:
    """The country it is compared with, chosen by its name."""
    return country(label=_l("Country"), show_if="field=address.country|company.country")


def condition_language() -> Any:
    """The language it is compared with, chosen by its name."""
    return language(label=_l("Language"), show_if="field=contact.locale")


def condition_key() -> Any:
    """Which of the tenant's own fields is compared."""
    return text(max_length=40, label=_l("Key of the own field"), show_if="field=custom|contact.custom|company.custom")


def condition_alternative() -> Any:
    """To which of the rule's alternatives it belongs."""
    return integer(default=1, minimum=1, maximum=20, label=_l("Alternative"))


def condition_days() -> Any:
    """Over how many days activities are counted."""
    return integer(
        minimum=1, maximum=3_650, label=_l("In the last days"), help=_l("30 when left empty."),
        show_if="field=activity.calls|activity.meetings|activity.emails|activity.any",
    )  # fmt: skip
