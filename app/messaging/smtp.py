"""Speaking SMTP: connect, sign in, hand one message over, and say exactly how far it got.

`smtplib` has the protocol; what is ours is the difference between “not sent”, “refused for good” and “perhaps sent”,
which only the order of its steps can tell.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from app.host import PerhapsSent
from app.outbound.dialing import dial

PATIENCE = 20.0
"""Seconds for each step of the conversation."""
SHOWN = 500


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in. `numbers` are the addresses to connect to, where the name was looked up already."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    numbers: tuple[str, ...] = ()


class NotConnected(Exception):
    """The server cannot be reached, or does not let us in: nothing was handed over. Says why."""


class Refused(Exception):
    """The server said no to this message. `for_good` tells whether trying again is of any use."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}"[:SHOWN])
        self.for_good = code >= 500


@contextmanager
def connected(server: Server, own_name: str) -> Iterator[smtplib.SMTP]:
    """A conversation that may begin to send. `own_name` is what we are called. Raises NotConnected."""
    with ExitStack() as end:
        try:
            client = _Client(server, own_name)
            end.callback(_leave, client)
            client.introduce()
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise NotConnected(_reason(error)) from None
        yield client


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye, to whom still listens."""
    with suppress(OSError, smtplib.SMTPException):
        client.quit()
    client.close()


def deliver(client: smtplib.SMTP, sender: str, recipients: Sequence[str], content: bytes) -> tuple[str, list[str]]:
    """Hand over one message with CRLF line ends. Returns the server's last words, and what it said of those among
    several receivers whom it refused.

    Raises Refused (all of them), NotConnected (before the content went over), PerhapsSent.
    """
    try:
        _expect(client.mail(sender), 250)
        refused = _receivers(client, recipients)
        _expect(client.docmd("DATA"), 354)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise NotConnected(_reason(error)) from None
    try:
        client.send(re.sub(rb"(?m)^\.", b"..", content).rstrip(b"\r\n") + b"\r\n.\r\n")
        answer = client.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise PerhapsSent(_reason(error)) from None
    if answer[0] < 200:  # it said something, but nobody knows what
        raise PerhapsSent(answer[1].decode("utf-8", "replace")[:SHOWN])
    return _expect(answer, 250), refused


def _receivers(client: smtplib.SMTP, recipients: Sequence[str]) -> list[str]:
    """Name them. While one of several is taken, the mail goes; raises Refused when none is, or the server is busy."""
    refused: list[tuple[str, Refused]] = []
    for one in recipients:
        try:
            _expect(client.rcpt(one), 250, 251)
        except Refused as error:
            if not error.for_good:
                raise
            refused.append((one, error))
    if len(refused) == len(recipients):
        raise refused[0][1]
    return [f"{one}: {error}"[:SHOWN] for one, error in refused]


def _expect(answer: tuple[int, bytes], *good: int) -> str:
    code, said = answer
    words = said.decode("utf-8", "replace")
    if code not in good:
        raise Refused(code, words)
    return f"{code} {words}"[:SHOWN]


class _Client(smtplib.SMTP):
    """Connects to the addresses that were checked, and to no others; TLS still asks for the server's name."""

    def __init__(self, server: Server, own_name: str) -> None:
        self._server = server
        super().__init__(server.host, server.port, own_name, PATIENCE)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        tls_for = host if self._server.security == "tls" else ""
        return dial(self._server.numbers or (host,), port, timeout, tls_for=tls_for)

    def introduce(self) -> None:
        """Say who we are, over TLS where it is wanted."""
        self.ehlo_or_helo_if_needed()
        if self._server.security == "starttls":
            self.starttls(context=ssl.create_default_context())
            self.ehlo_or_helo_if_needed()
        if self._server.username and self._server.password:
            self.login(self._server.username, self._server.password)


def _reason(error: Exception) -> str:
    """A short reason, without addresses of our own network."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return f"{error.smtp_code} {words}"[:SHOWN]
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "timeout"
    return str(error)[:SHOWN] or type(error).__name__
