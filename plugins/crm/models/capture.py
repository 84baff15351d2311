"""Forms that strangers fill in, what they sent, and which field of it means what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from app.sdk import (
    LANGUAGES,
    Choice,
    Contact,
    Mapped,
    Member,
    Record,
    Team,
    _l,
    belongs_to,
    choice,
    flag,
    has_many,
    integer,
    json,
    long_text,
    moment,
    sealed,
    tags,
    text,
    url,
)
from plugins.crm.models.leads import Lead
from plugins.crm.models.pipelines import Pipeline, Stage

FIELD_KINDS = (
    Choice("text", _l("Text")),
    Choice("long_text", _l("Long text")),
    Choice("email", _l("E-mail")),
    Choice("phone", _l("Phone")),
    Choice("choice", _l("Choice from a list")),
    Choice("choices", _l("Several choices from a list")),
    Choice("day", _l("Date")),
    Choice("number", _l("Number")),
    Choice("tick", _l("Box to tick")),
)
TARGETS = (
    Choice("contact.name", _l("Contact: whole name")),
    Choice("contact.first_name", _l("Contact: first name")),
    Choice("contact.last_name", _l("Contact: last name")),
    Choice("contact.email", _l("Contact: e-mail")),
    Choice("contact.phone", _l("Contact: phone")),
    Choice("contact.whatsapp", _l("Contact: WhatsApp")),
    Choice("contact.linkedin", _l("Contact: LinkedIn")),
    Choice("contact.website", _l("Contact: website")),
    Choice("contact.company", _l("Contact: company")),
    Choice("contact.position", _l("Contact: position")),
    Choice("contact.birthday", _l("Contact: birthday")),
    Choice("contact.street_address", _l("Contact: street")),
    Choice("contact.city", _l("Contact: city")),
    Choice("contact.state", _l("Contact: state")),
    Choice("contact.postal_code", _l("Contact: postal code")),
    Choice("contact.country", _l("Contact: country")),
    Choice("contact.custom", _l("Contact: own field")),
    Choice("lead.title", _l("Lead: title")),
    Choice("lead.description", _l("Lead: description")),
    Choice("lead.value", _l("Lead: value")),
    Choice("lead.expected_close", _l("Lead: expected close")),
    Choice("lead.source", _l("Lead: source")),
    Choice("lead.priority", _l("Lead: priority")),
    Choice("lead.status", _l("Lead: status")),
    Choice("lead.tags", _l("Lead: tags")),
    Choice("lead.custom", _l("Lead: own field")),
    Choice("consent", _l("Consent to be written to")),
)
STATES = (
    Choice("received", _l("Received"), "blue"),
    Choice("waiting", _l("Waits for confirmation"), "amber"),
    Choice("done", _l("Became a lead"), "green"),
    Choice("dead", _l("Needs a person"), "red"),
    Choice("spam", _l("Spam"), "grey"),
)
WAYS = (
    Choice("page", _l("Page")),
    Choice("endpoint", _l("Other website")),
    Choice("webhook", _l("Advertising platform")),
)
KNOWN_VISITORS = (
    Choice("owner", _l("A new lead for whoever looks after them")),
    Choice("onto", _l("Onto their open lead, as an activity")),
    Choice("new", _l("A new lead like any other")),
)
SPOKEN = tuple(Choice(code, one["name"]) for code, one in LANGUAGES.items())


class CaptureForm(Record):
    """A form with an address of its own: whoever fills it in becomes a lead."""

    __label__ = "name"
    __archive__ = True
    __table_args__ = (Index("uq_capture_form_key", "tenant_id", "key", unique=True),)

    name: Mapped[str] = text(max_length=150, label=_l("Name"), sortable=True)
    key: Mapped[str] = text(max_length=40, label=_l("Key in its address"), filled_in=True, readonly=True)
    is_open: Mapped[bool] = flag(label=_l("Takes answers"), default=True)
    heading: Mapped[str | None] = text(max_length=200, label=_l("Heading"), help=_l("The name if empty."))
    intro: Mapped[str | None] = long_text(max_length=5_000, label=_l("Words above the fields"))
    language: Mapped[str | None] = choice(*SPOKEN, label=_l("Language"), help=_l("The visitor's own if empty."))
    thanks: Mapped[str | None] = long_text(max_length=5_000, label=_l("Words of thanks"))
    redirect_url: Mapped[str | None] = url(label=_l("Page to go on to"), help=_l("Instead of the words of thanks."))
    allowed_origins: Mapped[str | None] = long_text(
        max_length=2_000, label=_l("Websites that may show it"), help=_l("One a line, such as https://example.com.")
    )
    pipeline = belongs_to(Pipeline, label=_l("Pipeline"))
    stage = belongs_to(Stage, label=_l("Stage"), help=_l("The first of the pipeline if empty."))
    assigned_to = belongs_to(Member, label=_l("Assigned to"), help=_l("The assignment rules choose, if empty."))
    team = belongs_to(Team, label=_l("Or to a team"), help=_l("Its members take turns."))
    known_visitor: Mapped[str] = choice(
        *KNOWN_VISITORS, label=_l("Visitors with an open lead"), default="owner",
        help=_l("What they say is kept in any case."),
    )  # fmt: skip
    source: Mapped[str | None] = text(max_length=100, label=_l("Source"), help=_l("Else what the campaign says."))
    tags: Mapped[list[str]] = tags(label=_l("Tags of the lead"))
    double_opt_in: Mapped[bool] = flag(label=_l("Ask by e-mail for confirmation"))
    consent_purpose: Mapped[str] = text(max_length=100, label=_l("Purpose of the consent"), default="marketing")
    webhook_path: Mapped[str | None] = text(label=_l("Address for other programs"), readonly=True)
    webhook_secret: Mapped[str | None] = sealed()
    questions = has_many(lambda: CaptureField, reverse="form", label=_l("Fields"))


class CaptureField(Record):
    """One question of a form, and where its answer goes. What goes nowhere stands in the lead's description."""

    __label__ = "label"
    __table_args__ = (Index("uq_capture_field_name", "tenant_id", "form_id", "name", unique=True),)

    form = belongs_to(CaptureForm, required=True, on_delete="cascade", immutable=True, label=_l("Form"))
    label: Mapped[str] = text(max_length=200, label=_l("Label"))
    name: Mapped[str] = text(
        max_length=60, label=_l("Name"), filled_in=True, help=_l("What programs call it; made from the label if empty.")
    )
    kind: Mapped[str] = choice(*FIELD_KINDS, label=_l("Kind"), default="text")
    target: Mapped[str | None] = choice(*TARGETS, label=_l("Goes to"))
    custom_key: Mapped[str | None] = text(max_length=40, label=_l("Key of the own field"))
    options: Mapped[str | None] = long_text(max_length=5_000, label=_l("Choices"), help=_l("One a line."))
    required: Mapped[bool] = flag(label=_l("Required"))
    position: Mapped[int] = integer(label=_l("Order"), default=100, minimum=0)


class CaptureSubmission(Record):
    """What somebody sent, kept as it came before anything is made of it."""

    __label__ = "form created_at"
    __table_args__ = (
        Index("uq_capture_submission_key", "tenant_id", "form_id", "key", unique=True),
        Index("ix_capture_submission_address", "tenant_id", "form_id", "address", "created_at"),
        Index("ix_capture_submission_state", "tenant_id", "state", "id"),
    )

    form = belongs_to(CaptureForm, required=True, on_delete="cascade", readonly=True, label=_l("Form"))
    state: Mapped[str] = choice(*STATES, default="received", label=_l("Status"), readonly=True, sortable=True)
    problem: Mapped[str | None] = long_text(max_length=2_000, label=_l("What is wrong"), readonly=True)
    answers: Mapped[Any] = json(label=_l("Answers"), help=_l("Can be corrected before it is processed again."))
    lead = belongs_to(Lead, label=_l("Lead"), readonly=True)
    went_onto: Mapped[bool] = flag(label=_l("Went onto an open lead"), readonly=True)
    contact = belongs_to(Contact, label=_l("Contact"), readonly=True)
    via: Mapped[str] = choice(*WAYS, default="page", label=_l("By way of"), readonly=True)
    utm_source: Mapped[str | None] = text(max_length=200, label=_l("Campaign source"), readonly=True)
    utm_medium: Mapped[str | None] = text(max_length=200, label=_l("Campaign medium"), readonly=True)
    utm_campaign: Mapped[str | None] = text(max_length=200, label=_l("Campaign"), readonly=True)
    utm_term: Mapped[str | None] = text(max_length=200, label=_l("Campaign term"), readonly=True)
    utm_content: Mapped[str | None] = text(max_length=200, label=_l("Campaign content"), readonly=True)
    gclid: Mapped[str | None] = text(max_length=500, label=_l("Google click id"), readonly=True)
    fbclid: Mapped[str | None] = text(max_length=500, label=_l("Meta click id"), readonly=True)
    msclkid: Mapped[str | None] = text(max_length=500, label=_l("Microsoft click id"), readonly=True)
    referrer: Mapped[str | None] = text(max_length=2_000, label=_l("Came from"), readonly=True)
    page: Mapped[str | None] = text(max_length=2_000, label=_l("Sent from"), readonly=True)
    address: Mapped[str | None] = text(max_length=64, label=_l("Network address"), readonly=True)
    agent: Mapped[str | None] = text(max_length=300, label=_l("Browser"), readonly=True)
    language: Mapped[str | None] = text(max_length=20, label=_l("Language"), readonly=True)
    raw: Mapped[Any] = json(label=_l("As it came"), readonly=True)
    key: Mapped[str] = text(max_length=100, label=_l("Key"), readonly=True)
    confirmed_at: Mapped[datetime | None] = moment(label=_l("Confirmed"), readonly=True)
    processed_at: Mapped[datetime | None] = moment(label=_l("Processed"), readonly=True)
