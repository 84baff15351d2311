"""What a plugin says of messages that other systems send it.

    @hookimpl
    def webhooks_in():
        return [WebhookIn("payments", verify=check_signature, secrets=our_secrets, split=one_event, process=book)]

Each has the address `/hooks/<plugin>/<name>`, where every part of a message names the account it is of, and
`/hooks/<plugin>/<name>/<key>`, where the key in the address names the tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class BadSignature(ValueError):
    """The message is not from who it says, or was changed: it is answered with 401 and counted, nothing is kept."""


class Incoming(NamedTuple):
    """One request as it came. `headers` have lower-case names; `body` is the raw bytes, which signatures are of;
    `url` is the public address that was called."""

    body: bytes
    headers: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a message, which may carry several, even of several tenants.

    `id` is the provider's: the same id is stored once. `data` is fit for JSON. `account` is what the provider calls the
    tenant: `route_account` has said whose it is; a part of nobody's account goes into quarantine.
    """

    id: str
    data: Any
    account: str = ""


@dataclass(frozen=True, slots=True)
class WebhookIn:
    """Messages of one kind from one provider.

    `verify(incoming, secrets)` raises BadSignature; it sees the raw bytes. `secrets()` gives the secrets that may have
    signed; with a key in the address it is called inside that tenant. `split(incoming)` gives the parts; ValueError
    says that the message cannot be read. `process(data)` runs in a job inside the tenant; what it writes and the note
    that it ran are committed together; an error is tried again, `attempts` times in all. `challenge(query, secrets)`
    answers the GET of a provider that first asks whether the address is ours; None refuses it.
    """

    name: str
    verify: Callable[[Incoming, Sequence[str]], None]
    secrets: Callable[[], Sequence[str]]
    split: Callable[[Incoming], Sequence[Part]]
    process: Callable[[Any], None]
    challenge: Callable[[Mapping[str, str], Sequence[str]], str | None] | None = None
    attempts: int = 8
