"""Notices as pushes to phones and desktops, by ntfy: https://ntfy.sh or a tenant's own server."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from app.sdk import (
    Answer,
    Channel,
    Field,
    Needs,
    NotSent,
    Outgoing,
    PerhapsSent,
    Plugin,
    Unanswered,
    _,
    _l,
    call_host,
    hookimpl,
    setting,
    text,
    url,
)

plugin = Plugin(
    "ntfy", title=_l("Push by ntfy"), summary=_l("Notices as pushes to phones and desktops"), icon="bell", order=800,
    needs=Needs(hosts=("*",), secrets=True),
)  # fmt: skip
TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
LONGEST = 3_500
"""Characters of one push: a server takes 4,096 bytes, and makes a file of what is longer."""


@hookimpl
def settings() -> list[Field]:
    return [
        url(name="server", label=_l("Server"), default="https://ntfy.sh", required=True),
        text(
            name="token", label=_l("Access token"), secret=True, max_length=200, help=_l("If the server asks for one.")
        ),
    ]


@hookimpl
def channels() -> list[Channel]:
    topic = text(
        label=_l("Topic"), max_length=64,
        help=_l("The topic that your ntfy app listens to. Choose one that nobody guesses: who knows it reads along."),
    )  # fmt: skip
    return [Channel("ntfy.push", _l("Push by ntfy"), push, topic, missing=missing, harmless_twice=True)]


def missing() -> str | None:
    """What a tenant has not set up."""
    return None if setting("ntfy.server") else _("No server is set under Settings, Plugins, Push by ntfy.")


def push(message: Outgoing) -> str:
    """Publish one message as JSON; returns the id that the server gave it."""
    if not TOPIC.fullmatch(message.to):
        raise NotSent(_("“%(topic)s” is no topic: letters, digits, - and _ alone.", topic=message.to[:80]), again=False)
    try:
        answer = call_host("POST", _root(setting("ntfy.server")), _headers(), _body(message))
    except Unanswered as error:
        raise PerhapsSent(str(error)) from None
    except ValueError as error:  # an address that may not be called
        raise NotSent(str(error)) from None
    return _read(answer)


def _root(server: str) -> str:
    """JSON is published to the root of the server."""
    parts = urlsplit(server)
    return f"{parts.scheme}://{parts.netloc}/"


def _headers() -> dict[str, str]:
    token = setting("ntfy.token")
    return {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})


def _body(message: Outgoing) -> bytes:
    told: dict[str, Any] = {"topic": message.to, "title": message.subject, "message": message.text[:LONGEST]}
    told["message"] = told["message"] or message.subject
    return json.dumps(told | ({"click": message.link} if message.link else {})).encode()


def _read(answer: Answer) -> str:
    """The id of the message; what the server refuses is refused for good, but for limits and its own faults."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if answer.status == 200 and said.get("event") == "message":
        return str(said.get("id", ""))
    reason = str(said.get("error") or answer.status)
    if answer.status == 200 or 300 <= answer.status < 400:
        raise NotSent(_("The address is not that of an ntfy server."))
    is_for_now = answer.status in (408, 425, 429) or answer.status >= 500
    if is_for_now:
        raise NotSent(_("The server wants it later: %(reason)s", reason=reason))
    raise NotSent(_("The server refused it: %(reason)s", reason=reason), again=answer.status in (401, 403))
