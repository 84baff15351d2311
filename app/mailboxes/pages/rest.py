"""Sending mails over REST; reading them, and mailboxes, are generated calls of `/api/v1/mailboxes/...`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from flask_babel import gettext as _

from app.data import db
from app.host import FieldError
from app.identity.access import access
from app.mailboxes import writing
from app.mailboxes.models import Mail
from app.mailboxes.pages.threads import member, reached
from app.screens.rest.calls import answer
from app.screens.rest.jsons import read_body
from app.screens.rest.pipeline import run
from app.screens.rest.problems import invalid

blueprint = Blueprint("api_mailboxes", __name__, url_prefix="/api/v1/mailboxes")
_LISTS, _TEXTS = ("to", "cc", "bcc"), ("mailbox", "subject", "text", "at", "answers")


@blueprint.post("/send")
@access("mailboxes.compose.write")
def send() -> Response:
    """Write a mail by a mailbox: `mailbox`, `to`, `subject`, `text`, and `cc`, `bcc`, `answers` (a mail), `at`."""

    def work() -> Response:
        given: Any = read_body()
        try:
            mail = writing.write(db.session(), member(), _draft(given))
        except FieldError as error:
            raise invalid(error.errors) from None
        return answer({"id": mail.id, "conversation": mail.conversation}, 201)

    return run(work)


def _draft(given: Any) -> writing.Draft:
    if not isinstance(given, dict):
        raise invalid({"": _("The body must be a JSON object.")})
    errors = {name: _("There is no such field.") for name in given if name not in (*_LISTS, *_TEXTS)}
    errors |= {name: _("A text.") for name in _TEXTS if not isinstance(given.get(name) or "", str)}
    errors |= {name: _("A list of addresses.") for name in _LISTS if not _are_texts(given.get(name, []))}
    if errors:
        raise invalid(errors)
    answers = _id(given, "answers")
    return writing.Draft(
        mailbox_id=_id(given, "mailbox"), to=tuple(given.get("to", ())), cc=tuple(given.get("cc", ())),
        bcc=tuple(given.get("bcc", ())), subject=given.get("subject") or "", text=given.get("text") or "",
        answers=reached(Mail, answers) if answers is not None else None, at=_moment(given.get("at") or ""),
    )  # fmt: skip


def _are_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def _id(given: dict[str, Any], name: str) -> UUID | None:
    if not given.get(name):
        return None
    try:
        return UUID(given[name])
    except ValueError:
        raise invalid({name: _("This is no id.")}) from None


def _moment(words: str) -> datetime | None:
    if not words:
        return None
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        raise invalid({"at": _("This is no moment.")}) from None
    if found.tzinfo is None:
        raise invalid({"at": _("The moment has no time zone.")})
    return found
