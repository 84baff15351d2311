"""A mail server on this machine that speaks the real protocol, takes notes, and can be told to be difficult."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

SENDER = "Office <office@platform.example>"


class _Anywhere(Controller):
    """Listens on whatever port is free then: one that was looked for before may be somebody else's by now."""

    async def _create_server(self):
        server = await super()._create_server()
        self.port = server.sockets[0].getsockname()[1]
        return server


class Post:
    """`answers` are given to the next messages instead of a yes; `hold` keeps the server silent after it has a mail."""

    def __init__(self, **options):
        self.mails = []
        self.envelopes = []
        self.answers = []
        self.refuse_recipient = {}
        self.signed_in = []
        self.hold = threading.Event()
        self.hold.set()
        if options.pop("auth", False):
            options |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": False}
        self.controller = _Anywhere(self, hostname="127.0.0.1", port=0, ready_timeout=60, **options)
        self.controller.start()
        self.port = self.controller.port

    @property
    def url(self):
        return f"smtp+plain://127.0.0.1:{self.port}"

    def stop(self):
        self.hold.set()
        self.controller.stop()

    def _authenticate(self, server, session, envelope, mechanism, data):
        self.signed_in.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right horse", handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse_recipient:
            return self.refuse_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.answers:
            answer = self.answers.pop(0)
            if answer == "cut":
                server.transport.abort()
                return "451 never read"
            return answer
        self.envelopes.append(envelope)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        while not self.hold.is_set():
            await asyncio.sleep(0.05)
        return "250 Message accepted for delivery"


@contextmanager
def nobody_there():
    """The address of a port that is taken, so that nobody else comes to listen there: whoever calls is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"smtp+plain://127.0.0.1:{taken.getsockname()[1]}"


def texts(mail):
    """(plain text, HTML) of a mail."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    found = (plain.get_content(), html.get_content() if html is not None else "")
    return tuple(one.replace("\r\n", "\n") for one in found)


def by_platform(app, monkeypatch, post, **more):
    """Let the platform send by this server, or by whoever is at an address."""
    url = post if isinstance(post, str) else post.url
    settings = replace(app.config["TENANTRY"], smtp_url=url, mail_from=SENDER, **more)
    monkeypatch.setitem(app.config, "TENANTRY", settings)
