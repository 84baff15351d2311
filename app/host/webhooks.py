"""What a plugin says of messages that other systems send it.

    @hookimpl
    def webhooks_in():
        return [WebhookIn("payments", verify=check_signature, split=one_event, process=book, secrets=signing_secrets)]

Each has the address `/hooks/<plugin>/<name>`, or `/hooks/<plugin>/<name>/<key>` where the key names the tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from flask_babel import lazy_gettext as _l


class BadSignature(ValueError):
    """The message is not from who it says, or was changed: it is answered with 401 and counted, nothing is kept."""


class Incoming(NamedTuple):
    """One request as it came. `headers` have lower-case names; `body` is the raw bytes, which signatures are of."""

    body: bytes
    headers: Mapping[str, str]
    url: str
    key: str


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a message, which may carry several, even of several tenants.

    `id` is the provider's: the same id is stored once. `account` is what the provider knows the tenant by.
    """

    id: str
    data: Any
    account: str = ""


@dataclass(frozen=True, slots=True)
class WebhookIn:
    """Messages of one kind from one provider.

    `verify(incoming, secrets)` raises BadSignature; it sees the raw bytes. `secrets(incoming)` gives the secrets that
    may have signed. `split(incoming)` gives the parts. `tenant(part, incoming)` gives the tenant a part is of, from
    our own tables and never from what the message claims; None puts the part into quarantine. `process(data)` runs in a
    job inside the tenant; what it writes and the note that it ran are committed together. `challenge(query)` answers
    the GET of a provider that first asks whether the address is ours; None refuses it.
    """

    name: str
    verify: Callable[[Incoming, Sequence[str]], None]
    secrets: Callable[[Incoming], Sequence[str]]
    split: Callable[[Incoming], Sequence[Part]]
    tenant: Callable[[Part, Incoming], UUID | None]
    process: Callable[[Any], None]
    challenge: Callable[[Mapping[str, str]], str | None] | None = None
    title: Any = _l("Messages")
    attempts: int = 8
