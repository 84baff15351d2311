"""Ways by which the house reaches people: its own (the bell, e-mail, the daily e-mail) and those of plugins.

    @hookimpl
    def channels():
        return [Channel("garage.pager", _l("Pager"), page, text(label=_l("Number of your pager")))]


    def page(message):
        answer = call_host("POST", "https://pager.example/v1/pages", body=...)
        if answer.status == 429:
            raise NotSent(_("The pager service wants fewer pages."))
        if answer.status >= 400:
            raise NotSent(_("There is no such pager."), again=False)
        return answer.header("x-page-id")

A message is a row before anything of this runs, a job hands it over, and the row keeps its fate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.data import Field
from app.host.claims import ClaimError, check_name
from app.host.declarations import Plugin

IN_APP = "in_app"
ADDRESS_KINDS = frozenset({"text", "phone", "email", "url", "choice"})


class NotSent(Exception):
    """The message did not leave, and the words, for people, say why. It is tried again with growing pauses, `at` the
    earliest when a moment is given; with `again=False` it has failed for good."""

    def __init__(self, words: str, *, again: bool = True, at: datetime | None = None) -> None:
        super().__init__(words)
        self.again, self.at = again, at


class NotNow(Exception):
    """Nothing was tried: something is not set up (it waits), or today's share is used up (it waits until `at`)."""

    def __init__(self, words: str, at: datetime | None = None) -> None:
        super().__init__(words)
        self.at = at


class PerhapsSent(Exception):
    """The message was handed over, and nobody confirmed it: it may have arrived."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as a channel gets it. `key` is the same at every attempt: give it to services that recognise
    repetitions. `link` is a whole address, or empty; `data` is what the sender gave for this channel alone."""

    key: UUID
    to: str
    name: str
    subject: str
    text: str
    link: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach people: `Channel("garage.pager", _l("Pager"), send=page, address=text(label=_l("Number")))`.

    `name` is `<plugin>.<what>`; `title` names it where everybody chooses how they hear of what.

    `send(message)` hands one `Outgoing` over and returns the other side's id for it, or nothing. It runs in a job
    inside the tenant, outside any transaction, and reads what it needs by `setting()` and calls by `call_host`. It
    raises `NotSent` when the message did not leave, `NotNow` when nothing was tried, `PerhapsSent` when nobody knows;
    any other error counts as the last. What perhaps arrived is not sent again by itself, unless the channel says
    `harmless_twice`.

    `address` says where a member is reached: a field that everybody fills in for themselves beside their choices, or a
    function of the member (a `Receiver`) that knows it; empty is nowhere. `kind` is what the addresses are among those
    of contacts (`email`, `phone`, `whatsapp`): `address_of(contact, channel)` finds them, and the suppression list is
    asked by it. `missing()` is a sentence while a tenant has not set up what is needed; messages wait then. People get
    a title, a few words and a link; `send_by` with `data` gives a channel what only that one understands, such as the
    name of a template.

    `opened(message)` stands for `send` where a conversation comes before the message, as in SMTP: a context manager
    that gives the function which hands over. What goes wrong before that is called has certainly not sent anything.
    `letter` says that it carries letters (HTML, attachments), `daily` names the channel by which what came in a day is
    told together. These three are the house's own.
    """

    name: str
    title: Any
    send: Callable[[Outgoing], str | None] | None = None
    address: Field | Callable[[Any], str] | None = None
    kind: str = ""
    missing: Callable[[], str | None] | None = None
    letter: bool = False
    harmless_twice: bool = False
    opened: Callable[[Outgoing], AbstractContextManager[Callable[[], str | None]]] | None = None
    daily: str = ""

    @property
    def plugin(self) -> str:
        """Whose it is; the house's own have names without a dot."""
        return self.name.partition(".")[0] if "." in self.name else "messaging"

    @property
    def field(self) -> Field | None:
        """What people fill in as their address; none where it is known anyway."""
        return self.address if isinstance(self.address, Field) else None

    @property
    def is_at_once(self) -> bool:
        """Whether messages leave by it one by one: the bell rings inside, and the daily one collects."""
        return self.send is not None or self.opened is not None


def check_channels(plugin: Plugin, channels: Sequence[Channel]) -> None:
    """Channels carry the plugin's name, send, and know or ask where. Raises ClaimError."""
    names: set[str] = set()
    for one in channels:
        if plugin.core:
            continue
        check_name(plugin, one.name, names)
        if one.send is None or one.opened is not None or one.daily or one.letter:
            raise ClaimError(f"{one.name}: a channel sends: Channel(name, title, send=...).")
        if one.field is not None and one.field.kind not in ADDRESS_KINDS:
            raise ClaimError(f"{one.name}: an address cannot be a {one.field.kind} field.")
