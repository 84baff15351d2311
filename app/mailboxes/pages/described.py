"""The call that sends mails in the OpenAPI document."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.host import Entry
from app.screens.rest.openapi.calls import OF_CHANGES, call, json_answer

Spec = dict[str, Any]
_call = partial(call, "mailboxes")


def tags() -> list[Spec]:
    return []


def paths(entries: list[Entry]) -> dict[str, Spec]:
    """The path items."""
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/MailToSend"}}}
    return {
        "/api/v1/mailboxes/send": {
            "post": {
                **_call("send_mail", _("Write an e-mail"), json_answer("201", "MailOnItsWay"), *OF_CHANGES),
                "requestBody": {"required": True, "content": body},
            }
        }
    }


def schemas() -> dict[str, Spec]:
    """The shapes it takes and answers with."""
    text, key = {"type": "string"}, {"type": "string", "format": "uuid"}
    several = {"type": "array", "items": {"type": "string", "format": "email"}, "maxItems": 50}
    given = {
        "mailbox": key, "to": several, "cc": several, "bcc": several, "subject": text, "text": text,
        "answers": {**key, "type": ["string", "null"]},
        "at": {"type": ["string", "null"], "format": "date-time"},
    }  # fmt: skip
    made = {"id": key, "conversation": key}
    return {
        "MailToSend": {
            "type": "object", "required": ["mailbox", "to", "subject", "text"], "properties": given,
            "additionalProperties": False,
        },
        "MailOnItsWay": {"type": "object", "required": list(made), "properties": made},
    }  # fmt: skip
