"""Which server a mailbox is at: what is usual for its address, what may be called, and what signs in there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from flask import current_app
from flask_babel import gettext as _

from app.data.secrets import bound_to, open_sealed, renewed, seal
from app.mailboxes.imap import ImapServer, NotLetIn
from app.mailboxes.models import Mailbox
from app.outbound import Forbidden, Policy
from app.outbound.addresses import Target, checked_addresses, system_resolve

PORTS = frozenset({143, 993})
"""Where IMAP servers listen; an installation may allow more (`TENANTRY_OUTBOUND_PORTS`)."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The servers of a provider. One that `keeps_sent` lays what is sent into the sent folder itself."""

    imap: str
    smtp: str
    smtp_port: int = 587
    smtp_security: str = "starttls"
    keeps_sent: bool = False


_GMAIL = Usual("imap.gmail.com", "smtp.gmail.com", keeps_sent=True)
_OUTLOOK = Usual("outlook.office365.com", "smtp.office365.com", keeps_sent=True)
_ICLOUD = Usual("imap.mail.me.com", "smtp.mail.me.com")
_YAHOO = Usual("imap.mail.yahoo.com", "smtp.mail.yahoo.com", 465, "tls", keeps_sent=True)
_KNOWN = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GMAIL),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com"), _OUTLOOK),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _ICLOUD),
    **dict.fromkeys(("yahoo.com", "ymail.com"), _YAHOO),
    **dict.fromkeys(("gmx.net", "gmx.de", "gmx.at", "gmx.ch"), Usual("imap.gmx.net", "mail.gmx.net")),
    **dict.fromkeys(("zoho.com", "zohomail.com"), Usual("imap.zoho.com", "smtp.zoho.com")),
    "web.de": Usual("imap.web.de", "smtp.web.de"),
    "fastmail.com": Usual("imap.fastmail.com", "smtp.fastmail.com", 465, "tls"),
    "yandex.com": Usual("imap.yandex.com", "smtp.yandex.com", 465, "tls"),
    "aol.com": Usual("imap.aol.com", "smtp.aol.com"),
}


def usual_for(address: str) -> Usual:
    """The servers of an address: its provider's, else the names that most have."""
    domain = address.rpartition("@")[2].lower()
    return _KNOWN.get(domain) or Usual(f"imap.{domain}", f"smtp.{domain}")


def keeps_sent(mailbox: Mailbox) -> bool:
    """Whether the provider itself lays down what is sent by it."""
    return any(one.imap == mailbox.host and one.keeps_sent for one in _KNOWN.values())


def server_of(mailbox: Mailbox) -> ImapServer:
    """Where the mailbox is looked into, its name not looked up yet. Raises NotLetIn without anything to sign in with,
    CannotOpen for a secret that cannot be read."""
    secret = secret_of(mailbox)
    if not secret:
        raise NotLetIn(_("It has no password yet."))
    return ImapServer(mailbox.host, mailbox.port, cast(Any, mailbox.security), mailbox.username, secret)


def located(server: ImapServer) -> ImapServer:
    """The server with the addresses its name leads to. Raises Forbidden when one of them may not be called."""
    if server.port not in imap_policy().ports:
        raise Forbidden("port", f"Port {server.port} is not allowed.")
    target = Target("imap", server.host, server.port, "")
    return replace(server, numbers=tuple(checked_addresses(imap_policy(), target, system_resolve)))


def imap_policy() -> Policy:
    """Which servers may be called: public ones, and networks that the operator allows."""
    allowed = Policy.of(current_app.config["TENANTRY"])
    return Policy(False, PORTS | allowed.ports, allowed.networks)


def keep_secret(mailbox: Mailbox, secret: str) -> None:
    """Seal what signs in, for this mailbox alone."""
    mailbox.password, mailbox.has_password = seal(_keys(), secret, _place(mailbox)), True


def secret_of(mailbox: Mailbox) -> str:
    """What signs in, in the clear; empty without. Raises CannotOpen."""
    return open_sealed(_keys(), mailbox.password, _place(mailbox)) if mailbox.password else ""


def sealed_anew(mailbox: Mailbox) -> str | None:
    """The secret sealed with the first key. Raises CannotOpen."""
    return renewed(_keys(), mailbox.password, _place(mailbox)) if mailbox.password else None


def _place(mailbox: Mailbox) -> bytes:
    return bound_to("mailbox", "password", mailbox.id)


def _keys() -> Any:
    return current_app.config["TENANTRY"].secret_keys
