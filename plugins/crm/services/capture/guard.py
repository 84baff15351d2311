"""Against programs that fill in forms: a field that people do not see, a signed moment, and limits."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import func, select

from app.sdk import _, session, utcnow
from plugins.crm.models import CaptureForm, CaptureSubmission

TRAP = "company_website_2"
"""The name of the field that people do not see."""
FEWEST_SECONDS = 2
LONGEST_SECONDS = 24 * 3600
PER_ADDRESS, ADDRESS_WINDOW = 10, timedelta(minutes=10)
PER_FORM, FORM_WINDOW = 600, timedelta(hours=1)
LARGEST = 64 * 1024
"""Bytes of one submission."""


class TooMany(Exception):
    """This address, or this form, has had enough for a while."""


class TooSoon(Exception):
    """The form was not open long enough, or too long; nothing is lost: it may be sent again."""


def start_token(form: CaptureForm) -> str:
    """When the form was opened, signed, and once only, so that a second click is told from a second visit."""
    return _serializer().dumps([form.id.hex, secrets.token_hex(8)])


def visit_key(token: str, answers: Mapping[str, str]) -> str:
    """The same answers from the same opened form are a second click; others are not."""
    return hashlib.sha256(json.dumps([token, dict(answers)], sort_keys=True).encode()).hexdigest()


def check_start(form: CaptureForm, token: str) -> None:
    """Raises TooSoon with words for the visitor."""
    try:
        said, at = _serializer().loads(token, max_age=LONGEST_SECONDS, return_timestamp=True)
        age = (utcnow() - at).total_seconds()
    except BadData:
        raise TooSoon(_("This form was open for a long time. Please send it once more.")) from None
    if said[0] != form.id.hex or age < FEWEST_SECONDS:
        raise TooSoon(_("That was very quick. Please look it over and send it once more."))


def check_limits(form: CaptureForm, address: str) -> None:
    """Raises TooMany. Counted by what is stored, so it holds over processes and restarts."""
    sent = CaptureSubmission
    mine = sent.form_id == form.id, sent.via != "webhook"
    of_address = _count(*mine, sent.address == address, sent.created_at > utcnow() - ADDRESS_WINDOW)
    of_form = _count(*mine, sent.created_at > utcnow() - FORM_WINDOW)
    if of_address >= PER_ADDRESS or of_form >= PER_FORM:
        raise TooMany(_("Too many answers in a short time. Please try again later."))


def _count(*where: Any) -> int:
    some = select(CaptureSubmission.id).where(*where).limit(PER_FORM).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="crm.capture")


def confirmation_token(submission_id: Any) -> str:
    """What the link of a confirmation e-mail carries."""
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="crm.confirm").dumps(submission_id.hex)


def submission_of(token: str) -> str | None:
    """The id in such a link; None for one that is forged or older than thirty days."""
    try:
        found: str = URLSafeTimedSerializer(str(current_app.secret_key), salt="crm.confirm").loads(
            token, max_age=30 * 24 * 3600
        )
    except BadData:
        return None
    return found
