"""Speaking IMAP: connect to addresses that were checked, look into folders, fetch what is wanted, lay one mail down.

`imapclient` has the protocol; what is ours is where it connects to, how long it waits and how much it takes.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from app.outbound.dialing import dial

PATIENCE = 20.0
"""Seconds for each answer."""
LARGEST = 30 * 1024 * 1024
"""Bytes of one answer's part: what a server that means harm cannot pass."""
SHOWN = 500
BROKEN_OFF = (OSError, imaplib.IMAP4.abort)
"""What a conversation ends with: the server is gone, silent, or out of its mind."""
_FIELDS = "FROM TO CC BCC SUBJECT DATE MESSAGE-ID IN-REPLY-TO REFERENCES AUTO-SUBMITTED CONTENT-TYPE"
_HEAD = f"BODY.PEEK[HEADER.FIELDS ({_FIELDS})]"
_SENT_FLAG = b"\\Sent"
_SENT_NAMES = ("sent", "sent items", "sent mail", "sent messages", "inbox.sent", "inbox/sent")


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where a mailbox is looked into. `numbers` are the addresses to connect to."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str
    secret: str = field(default="", repr=False)
    numbers: tuple[str, ...] = ()


class NotReached(Exception):
    """The server cannot be reached, or does not answer as one should: later, perhaps. Says why."""


class NotLetIn(Exception):
    """The server refuses the user name, password or grant: trying again is of no use."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a folder says of a mail before it is fetched."""

    uid: int
    size: int
    arrived: datetime
    head: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the server."""

    name: str
    is_sent: bool


@contextmanager
def connected(server: ImapServer) -> Iterator[Conversation]:
    """A conversation with somebody who is let in. Raises NotReached, NotLetIn; so does whatever is asked in it."""
    with _in_words():
        client = _Client(server)
    try:
        with _in_words():
            client.introduce()
        with _in_words():
            yield Conversation(client)
    finally:
        with suppress(Exception):
            client.logout()
        with suppress(Exception):
            client.shutdown()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except LoginError as error:
        raise NotLetIn(_reason(error)) from None
    except (OSError, imaplib.IMAP4.error, UnicodeError, AssertionError) as error:
        raise NotReached(_reason(error)) from None


class Conversation:
    """The folders of one mailbox."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def places(self) -> list[Place]:
        """The folders that can be opened; the one of sent mails by its flag, else by its usual names."""
        found = [(flags, str(name)) for flags, _delimiter, name in self._client.list_folders()]
        open_ones = [(flags, name) for flags, name in found if b"\\Noselect" not in flags][:500]
        flagged = {name for flags, name in open_ones if _SENT_FLAG in flags}
        usual = [name for _flags, name in open_ones if name.lower() in _SENT_NAMES]
        sent = flagged or set(usual[:1])
        return [Place(name, name in sent) for _flags, name in open_ones]

    def open(self, name: str) -> tuple[int, int]:
        """Open a folder for reading. Returns (UIDVALIDITY, UIDNEXT)."""
        answer = self._client.select_folder(name, readonly=True)
        validity = int(answer.get(b"UIDVALIDITY") or 0)
        following = answer.get(b"UIDNEXT")
        if following is None:  # old servers do not say it
            uids = self._client.search(["UID", "*"])
            following = max(uids, default=0) + 1
        return validity, int(following)

    def above(self, uid: int) -> list[int]:
        """The UIDs above one, in order."""
        # “n:*” always names the last mail as well, whatever its number.
        return sorted(one for one in self._client.search(["UID", f"{uid + 1}:*"]) if one > uid)

    def below(self, uid: int, since: date) -> list[int]:
        """The UIDs below one of mails that came from that day on, the newest first."""
        if uid <= 1:
            return []
        return sorted(self._client.search(["UID", f"1:{uid - 1}", "SINCE", since]), reverse=True)

    def envelopes(self, uids: Sequence[int]) -> list[Envelope]:
        """The heads of mails; those that are gone meanwhile are left out."""
        answer = self._client.fetch(list(uids), ["RFC822.SIZE", "INTERNALDATE", _HEAD])
        return [one for uid in uids if (one := _envelope(uid, answer.get(uid) or {})) is not None]

    def whole(self, uid: int) -> bytes | None:
        """All of a mail; None when it is gone."""
        found = (self._client.fetch([uid], ["BODY.PEEK[]"]).get(uid) or {}).get(b"BODY[]")
        return found if isinstance(found, bytes) else None

    def has(self, message_id: str) -> bool:
        """Whether the open folder holds a mail of this Message-ID."""
        return bool(self._client.search(["HEADER", "Message-ID", message_id]))

    def lay_down(self, name: str, content: bytes) -> None:
        """Put a mail that was read into a folder."""
        self._client.append(name, content, flags=[b"\\Seen"])


def _envelope(uid: int, answer: Mapping[bytes, Any]) -> Envelope | None:
    head = next((value for key, value in answer.items() if key.startswith(b"BODY[HEADER")), None)
    if not isinstance(head, bytes):
        return None
    arrived = answer.get(b"INTERNALDATE")
    moment = arrived.astimezone(UTC) if isinstance(arrived, datetime) else datetime.now(UTC)
    return Envelope(uid, int(answer.get(b"RFC822.SIZE") or 0), moment, head)


class _Client(IMAPClient):  # type: ignore[misc]
    """Connects to the numbers that were checked, and to no others; TLS still asks for the server's name."""

    def __init__(self, server: ImapServer) -> None:
        self._server = server
        super().__init__(server.host, server.port, ssl=server.security == "tls", timeout=PATIENCE)
        self.normalise_times = False

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802
        return _Wire(self._server)

    def introduce(self) -> None:
        """Say who we are, over TLS where it is wanted."""
        if self._server.security == "starttls":
            self.starttls(ssl.create_default_context())
        self.login(self._server.username, self._server.secret)


class _Wire(imaplib.IMAP4):
    def __init__(self, server: ImapServer) -> None:
        self._server = server
        super().__init__(server.host, server.port, timeout=PATIENCE)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        server = self._server
        tls_for = server.host if server.security == "tls" else ""
        return dial(server.numbers or (server.host,), server.port, PATIENCE, tls_for=tls_for)

    def read(self, size: int) -> bytes:
        """A literal; what claims to be larger than any mail is not even begun."""
        if size > LARGEST:
            raise self.abort(f"an answer of {size} bytes")
        return super().read(size)


def _reason(error: BaseException) -> str:
    """A short reason, without addresses of our own network."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "timeout"
    said = re.sub(r"\s+", " ", str(error)).strip().removeprefix("b'").removesuffix("'")
    return said[:SHOWN] or type(error).__name__
