"""From answers to what they mean: an address, a name, a field of the contact or the lead, a consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.sdk import Known
from plugins.crm.models import CaptureForm
from plugins.crm.services.capture.forms import chosen_of
from plugins.crm.services.capture.receiving import is_ticked, questions_of

_ADDRESS = ("street_address", "city", "state", "postal_code", "country")
_CHANNELS = ("email", "phone", "whatsapp", "linkedin", "website")


@dataclass(slots=True)
class Meaning:
    """What one submission says. `contact`, `address` and `lead` are texts by field; `said` is all of it by label, and
    `rest` what goes nowhere."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    addresses: list[tuple[str, str]] = field(default_factory=list)
    contact: dict[str, str] = field(default_factory=dict)
    address: dict[str, str] = field(default_factory=dict)
    lead: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    rest: dict[str, str] = field(default_factory=dict)
    strange: set[str] = field(default_factory=set)
    """Names of answers that no question of the form asks for."""
    consents: bool = False

    @property
    def email(self) -> str:
        """The first e-mail address, as it was written."""
        return next((value for kind, value in self.addresses if kind == "email"), "")

    @property
    def known(self) -> Known:
        """Who it is, as far as that is said."""
        return Known(self.first_name, self.last_name, self.company, tuple(self.addresses))

    @property
    def is_about_nothing(self) -> bool:
        """Does not one of the answers belong to a field of the form?"""
        return not (self.said.keys() - self.strange)

    @property
    def words(self) -> str:
        """All that was said, a line each."""
        return "\n".join(f"{label}: {text}" for label, text in self.said.items())

    @property
    def description(self) -> str:
        """What the lead's description says: what was meant for it, then what has no place of its own."""
        lines = [f"{label}: {text}" for label, text in self.rest.items()]
        return "\n".join(filter(None, [self.lead.get("description", ""), *lines]))


def meaning_of(form: CaptureForm, answers: Mapping[str, str]) -> Meaning:
    """By the form's questions as they are now. Answers to questions that are gone are kept too."""
    found = Meaning()
    left = {str(name): str(text).strip() for name, text in answers.items()}
    for question in questions_of(form):
        text = left.pop(question.name, "")
        parts = chosen_of(question, text) if question.kind == "choices" else [part.strip() for part in text.split(",")]
        if question.kind == "choices":
            text = ", ".join(parts)
        if text:
            found.said[question.label] = text
        if text and question.target == "lead.tags":
            found.tags += [part for part in parts if part]
        elif question.target == "consent":
            found.consents = found.consents or is_ticked(text)
        elif text:
            _place(found, question.target or "", question.custom_key or "", question.label, text)
    strange = {name: text for name, text in left.items() if text}
    found.rest, found.said, found.strange = found.rest | strange, found.said | strange, set(strange)
    return found


def _place(found: Meaning, target: str, custom_key: str, label: str, text: str) -> None:
    record, _dot, name = target.partition(".")
    if target in ("contact.first_name", "contact.last_name", "contact.company"):
        setattr(found, name, text)
    elif target == "contact.name":
        found.first_name, _blank, found.last_name = text.partition(" ")
    elif record == "contact" and name in _CHANNELS:
        found.addresses.append((name, text))
    elif record == "contact" and name in _ADDRESS:
        found.address[name] = text
    elif record in ("contact", "lead"):
        fields = found.contact if record == "contact" else found.lead
        fields[f"custom.{custom_key}" if name == "custom" else name] = text
    else:
        found.rest[label] = text
