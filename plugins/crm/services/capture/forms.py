"""What is true of every capture form and its questions before they are saved."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from app.sdk import (
    Contact,
    FieldError,
    Team,
    _,
    enqueue,
    fields_of,
    keep_secret,
    new_address,
    session,
)
from plugins.crm.models import CaptureField, CaptureForm, Lead, Stage

WEBHOOK = "crm.leads"
CUSTOM = ("contact.custom", "lead.custom")
CHOICES = ("choice", "choices")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")


def complete_form(form: CaptureForm, is_new: bool) -> None:
    """Give it a key; the pipeline is always its stage's, the page to go on to secure. Refuses what is no website."""
    if not form.key:
        form.key = secrets.token_urlsafe(12)
    if form.redirect_url and urlsplit(form.redirect_url).scheme == "http":
        form.redirect_url = "https" + form.redirect_url.removeprefix("http")
    form.allowed_origins = "\n".join(_origins(form.allowed_origins or "")) or None
    if form.stage_id is not None:
        stage = session.get(Stage, form.stage_id)
        if stage is not None:
            form.pipeline_id = stage.pipeline_id
    _check_owner(form)
    _check_names(form)


def _check_owner(form: CaptureForm) -> None:
    """One of the two, and a team that is at work."""
    if form.team_id is not None and form.assigned_to_id is not None:  # type: ignore[attr-defined]
        raise FieldError("team", _("Choose either a team or a member."))
    team = session.get(Team, form.team_id) if form.team_id else None  # type: ignore[attr-defined]
    if team is not None and team.archived_at is not None:
        raise FieldError("team", _("This team is archived."))


def _origins(lines: str) -> list[str]:
    found = [line.strip().rstrip("/").casefold() for line in lines.splitlines() if line.strip()]
    for one in found:
        if not _ORIGIN.fullmatch(one):
            raise FieldError(
                "allowed_origins", _("“%(value)s” is not a website such as https://example.com.", value=one[:80])
            )
    return found


def _check_names(form: CaptureForm) -> None:
    names = [question.name for question in form.questions]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(_("Two fields are called “%(name)s”.", name=twice))


def complete_question(question: CaptureField, is_new: bool) -> None:
    """Make its name from the label; what goes to a field of the tenant's own must say which."""
    if not question.name:
        question.name = re.sub(r"\W+", "_", question.label.casefold()).strip("_")[:60] or "field"
    if not re.fullmatch(r"[\w.-]{1,60}", question.name):
        raise FieldError("name", _("Letters, digits, dots, dashes and _ only."))
    if question.kind in CHOICES and not choices_of(question):
        raise FieldError("options", _("Please give the choices, one a line."))
    if question.target in CUSTOM:
        model = Contact if question.target == "contact.custom" else Lead
        if f"custom.{question.custom_key}" not in fields_of(model):
            raise FieldError("custom_key", _("There is no own field of this key."))


def choices_of(question: CaptureField) -> list[str]:
    """The choices of a question, in their order."""
    return [line.strip() for line in (question.options or "").splitlines() if line.strip()]


def chosen_of(question: CaptureField, text: str) -> list[str]:
    """What was chosen of several, one a line; programs may also separate it by commas."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if question.kind == "choices" and not set(lines) <= set(choices_of(question)):
        lines = [part.strip() for line in lines for part in line.split(",") if part.strip()]
    return lines


def add_usual_questions(forms: Sequence[CaptureForm]) -> str:
    """The action that gives a form what nearly all forms ask: name, e-mail, phone, message."""
    usual = (
        ("name", _("Name"), "text", "contact.name", True),
        ("email", _("E-mail"), "email", "contact.email", True),
        ("phone", _("Phone"), "phone", "contact.phone", False),
        ("message", _("Message"), "long_text", "lead.description", False),
    )
    for form in forms:
        known = {question.name for question in form.questions}
        for at, (name, label, kind, target, required) in enumerate(usual):
            if name not in known:
                form.questions.append(
                    CaptureField(name=name, label=label, kind=kind, target=target, required=required, position=at)
                )
    session.flush()
    return str(_("The usual fields are there now."))


def open_webhook(forms: Sequence[CaptureForm]) -> str:
    """The action that gives a form an address for advertising platforms, with a fresh secret."""
    (form,) = forms
    form.webhook_path = f"{new_address(WEBHOOK)}?form={form.key}"
    secret = secrets.token_hex(32)
    keep_secret(form, "webhook_secret", secret)
    session.flush()
    return str(_("The secret is %(secret)s. It is shown only now.", secret=secret))


def process_again(forms: Sequence[CaptureForm]) -> str:
    """The action that runs all submissions of forms through their fields as they are now."""
    for form in forms:
        enqueue("crm.capture_again", form.id)
    return str(_("A job processes the submissions again."))
