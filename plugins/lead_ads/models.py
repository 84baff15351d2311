"""Accounts at advertising platforms, which of their forms is which of ours, and the leads they told us of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from app.sdk import (
    Choice,
    Mapped,
    Record,
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
    text,
)
from plugins.crm.public import CaptureForm

PLATFORMS = (Choice("meta", _l("Meta (Facebook, Instagram)"), "blue"), Choice("google", _l("Google Ads"), "green"))
STATES = (
    Choice("waiting", _l("Is fetched"), "blue"),
    Choice("done", _l("Fetched"), "green"),
    Choice("failed", _l("Needs a person"), "red"),
)


class AdAccount(Record):
    """A tenant's account at a platform: where the platform calls, and by which keys the two know each other."""

    __label__ = "name"

    name: Mapped[str] = text(max_length=150, label=_l("Name"), sortable=True)
    platform: Mapped[str] = choice(*PLATFORMS, label=_l("Platform"), immutable=True)
    page_id: Mapped[str | None] = text(
        max_length=60, label=_l("Number of the page"), show_if="platform=meta",
        help=_l("To fetch missed leads of all its forms."),
    )  # fmt: skip
    form = belongs_to(
        CaptureForm, required=True, on_delete="restrict", label=_l("Capture form"),
        help=_l("Its fields say what the answers mean, unless the platform's form is named below."),
    )  # fmt: skip
    address: Mapped[str | None] = text(label=_l("Address for the platform"), readonly=True)
    has_secret: Mapped[bool] = flag(label=_l("Key is set"), readonly=True)
    has_token: Mapped[bool] = flag(label=_l("Access token is set"), readonly=True)
    last_lead_at: Mapped[datetime | None] = moment(label=_l("Last lead"), readonly=True)
    last_test_at: Mapped[datetime | None] = moment(label=_l("Last test"), readonly=True)
    problem: Mapped[str | None] = long_text(max_length=2_000, label=_l("What is wrong"), readonly=True)
    key: Mapped[str | None] = sealed()
    """Meta: what it shows when it first calls. Google: the key that is in every lead."""
    app_secret: Mapped[str | None] = sealed()
    access_token: Mapped[str | None] = sealed()
    forms = has_many(lambda: AdForm, reverse="account", label=_l("Forms of the platform"))


class AdForm(Record):
    """Leads of this form of the platform are answers to that form of ours."""

    __label__ = "platform_form"
    __table_args__ = (Index("uq_ad_form_number", "tenant_id", "account_id", "platform_form", unique=True),)

    account = belongs_to(
        AdAccount, required=True, on_delete="cascade", immutable=True, label=_l("Advertising account")
    )  # fmt: skip
    platform_form: Mapped[str] = text(max_length=60, label=_l("Number of the platform's form"))
    form = belongs_to(CaptureForm, required=True, on_delete="restrict", label=_l("Capture form"))


class AdLead(Record):
    """A lead that Meta told us of, once, until its answers are fetched."""

    __label__ = "external_id"
    __table_args__ = (Index("uq_ad_lead_external_id", "tenant_id", "account_id", "external_id", unique=True),)

    account = belongs_to(
        AdAccount, required=True, on_delete="cascade", readonly=True, label=_l("Advertising account")
    )  # fmt: skip
    external_id: Mapped[str] = text(max_length=60, label=_l("Number at the platform"), readonly=True)
    state: Mapped[str] = choice(*STATES, default="waiting", label=_l("Status"), readonly=True)
    problem: Mapped[str | None] = long_text(max_length=2_000, label=_l("What is wrong"), readonly=True)
    attempts: Mapped[int] = integer(label=_l("Attempts"), default=0, minimum=0, readonly=True)
    told: Mapped[Any] = json(label=_l("As it came"), readonly=True)
    fetched_at: Mapped[datetime | None] = moment(label=_l("Fetched"), readonly=True)
