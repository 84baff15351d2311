"""From the row of a message to the bytes on the wire: headers that nobody can break out of, text beside HTML."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from app.data import utcnow
from app.messaging.models import OutboundMessage

_SEVEN_BITS = SMTP.clone(cte_type="7bit")
"""Passes every server, also those that know no 8BITMIME."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file in a mail. `mime` may carry parameters: `text/calendar; method=REQUEST` is shown as an invitation."""

    name: str
    mime: str
    content: bytes

    def as_json(self) -> dict[str, str]:
        """As it is kept until it is sent."""
        return {"name": self.name, "mime": self.mime, "content": base64.b64encode(self.content).decode()}


def one_line(text: str) -> str:
    """Text that fits into a header: line ends and other control characters become blanks."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def ascii_address(given: str) -> str:
    """An address as mail servers take it. Raises ValueError with a sentence."""
    try:
        found = validate_email(given.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError(_("“%(value)s” is not an e-mail address.", value=one_line(given)[:80])) from None
    if found.ascii_email is None:
        raise ValueError(_("Mail to “%(value)s” cannot be sent: letters before the @ must be plain.", value=given[:80]))
    return found.ascii_email.lower()


def compose(message: OutboundMessage, sender: str, sender_name: str) -> bytes:
    """The message as the server gets it, with CRLF line ends. Raises ValueError for what no mail can hold."""
    mail = EmailMessage(policy=_SEVEN_BITS)
    mail["From"] = _address(sender_name, sender)
    mail["To"] = [_address(message.recipient_name or "", message.recipient), *_more(message, "more_to")]
    if copies := _more(message, "cc"):
        mail["Cc"] = copies
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(message.sent_at or utcnow())
    mail["Message-ID"] = message.message_id
    mail.set_content(message.body)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for attached in message.attachments:
        _attach(mail, attached)
    # Python would break a long address in List-Unsubscribe into encoded words, which no mail program reads.
    machines = "".join(f"{name}: {one_line(value)}\r\n" for name, value in message.headers.items())
    return machines.encode("ascii") + mail.as_bytes()


def recipients_of(message: OutboundMessage) -> list[str]:
    """Everybody whom a message goes to, blind copies too, each once."""
    more = [address for part in ("more_to", "cc", "bcc") for address in message.data.get(part, ())]
    return list(dict.fromkeys([message.recipient, *more]))


def _more(message: OutboundMessage, part: str) -> list[Address]:
    return [_address("", one) for one in message.data.get(part, ())]


def _address(name: str, address: str) -> Address:
    return Address(display_name=one_line(name), addr_spec=address)


def _attach(mail: EmailMessage, attached: dict[str, Any]) -> None:
    kind, *parameters = (part.strip() for part in attached["mime"].split(";"))
    maintype, _slash, subtype = kind.partition("/")
    content = base64.b64decode(attached["content"])
    mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=one_line(attached["name"]))
    part = list(mail.iter_attachments())[-1]
    for parameter in parameters:
        name, _equals, value = parameter.partition("=")
        part.set_param(name.strip(), value.strip().strip('"'))
