"""Capture forms with their questions, and what was sent."""

from __future__ import annotations

from app.sdk import Action, Panel, Related, Resource, Section, _l
from plugins.crm.models import CaptureField, CaptureForm, CaptureSubmission
from plugins.crm.services.capture import embedding, forms, processing

_ADMINS = {"owner": "read create update delete export", "admin": "read create update delete export", "manager": "read"}
_READERS = {"owner": "read update delete export", "admin": "read update delete export", "manager": "read update export"}


def resources() -> list[Resource]:
    return [_form(), _question(), _submission()]


def _form() -> Resource:
    return Resource(
        CaptureForm,
        title=_l("Capture form"),
        plural=_l("Capture forms"),
        list="name is_open pipeline assigned_to team source double_opt_in created_at",
        about=_l("A form for your website. Whoever has its address fills it in, and each answer becomes a lead."),
        search="name",
        sections=(
            Section(_l("Form"), "name heading intro language is_open"),
            Section(_l("Lead"), "pipeline stage assigned_to team known_visitor source tags"),
            Section(_l("Afterwards"), "thanks redirect_url double_opt_in consent_purpose"),
            Section(_l("Other websites"), "allowed_origins"),
        ),
        detail=(
            Section(_l("Form"), "name heading intro language is_open key"),
            Section(_l("Lead"), "pipeline stage assigned_to team known_visitor source tags"),
            Section(_l("Afterwards"), "thanks redirect_url double_opt_in consent_purpose"),
            Section(_l("Other websites"), "allowed_origins webhook_path"),
        ),
        inlines="questions",
        related=(Related(CaptureSubmission, "form", _l("Answers")),),
        panels=(Panel("embedding", _l("Where it is found"), embedding.pieces, is_open=True),),
        verbs="read create update delete export",
        grants=_ADMINS,
        actions=(
            Action("look", _l("Show the address"), embedding.addresses, roles=("manager",), on="row", icon="link"),
            Action("usual", _l("Add the usual fields"), forms.add_usual_questions, roles=(), on="row", icon="plus"),
            Action(
                "open_webhook", _l("Address for other programs"), forms.open_webhook, roles=(), on="row",
                icon="globe", tells_secret=True,
                confirm=_l("A new address and secret are made; an older one stops working."),
            ),
            Action(
                "process_again", _l("Process all answers again"), forms.process_again, roles=(), on="both",
                icon="restore", confirm=_l("Leads get what they lack; what needed a person is tried again."),
            ),
        ),
        before_save=forms.complete_form,
        custom_fields=False,
        icon="forms",
        order=60, menu="setup",
    )  # fmt: skip


def _question() -> Resource:
    return Resource(
        CaptureField,
        name="capture_field",
        title=_l("Field of a form"),
        plural=_l("Fields of forms"),
        list="form label kind target required position",
        form="label name kind target custom_key options required position",
        verbs="read create update delete",
        grants=_ADMINS,
        before_save=forms.complete_question,
        menu=False,
        custom_fields=False,
    )


def _submission() -> Resource:
    return Resource(
        CaptureSubmission,
        name="submission",
        title=_l("Answer to a form"),
        plural=_l("Answers to forms"),
        list="form state problem contact lead via utm_source utm_campaign created_at",
        about=_l("What visitors wrote into your forms, also where no lead could be made of it."),
        form="answers",
        verbs="read update delete export",
        grants=_READERS,
        actions=(
            Action(
                "replay", _l("Process again"), processing.replay, roles=("manager",), icon="restore",
                applies=lambda row: row.state in ("dead", "spam"),
            ),
        ),
        board="state",
        custom_fields=False,
        icon="inbox",
        order=70,
    )  # fmt: skip
