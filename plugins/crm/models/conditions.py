"""A condition on a lead, as the rules of assignment and of territories are made of: what may be compared, and how."""

from __future__ import annotations

from typing import Any

from app.sdk import Choice, _l, choice, country, language, text

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


def condition_words() -> Any:
    """What is said above the conditions of a rule."""
    return _l("All of them count. Of several that say what the same field is, one is enough.")


def condition_field() -> Any:
    """What is compared."""
    return choice(*CONDITION_FIELDS, label=_l("Field"), default="source")


def condition_operator() -> Any:
    """How it is compared."""
    return choice(*OPERATORS, label=_l("Comparison"), default="is")


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
