"""The one queue of what leaves the house by any channel: a row of the caller's transaction, and a job to send it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.data import current_scope, current_tenant_id, db, utcnow, uuid7
from app.host import registry
from app.jobs import enqueue
from app.messaging.composing import Attached, ascii_address, one_line
from app.messaging.models import OutboundMessage

JOB = "messaging.send"
LARGEST = 10 * 1024 * 1024
"""Bytes of all attachments of one mail together: what every mail server takes."""
LONGEST_KEY = 200
LONGEST_ADDRESS = 500
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_OURS = frozenset({"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "sender"})
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+(?:; ?[a-z]+=[A-Za-z0-9._-]+)*")


def send_mail(
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    *,
    name: str = "",
    attachments: Sequence[Attached] = (),
    dedupe: str | None = None,
    at: datetime | None = None,
    reply_to: str | None = None,
    headers: Mapping[str, str] | None = None,
    account_id: UUID | None = None,
    more_to: Sequence[str] = (),
    cc: Sequence[str] = (),
    bcc: Sequence[str] = (),
    tells: bool = False,
    message_id: str = "",
) -> UUID:
    """Send one e-mail to one address, inside the tenant or outside it. Returns the id of its row.

        send_mail("nora@example.com", _("Your appointment"), text, attachments=[Attached("invite.ics",
                  "text/calendar; method=REQUEST", content)], dedupe=f"appointment:{one.id}:{one.version}")

    The row is part of the caller's transaction; a job sends it soon after the commit, or not before `at`. It is sent at
    most once. With `dedupe` the tenant sends one mail for that key, ever: a second call returns the first one's id.
    `text` is plain text, `html` the same for programs that show it. Without an account to send by, it waits. `headers`
    may add such as List-Unsubscribe, never sender, receivers or subject. `more_to`, `cc` and `bcc` are further
    addresses of the same mail. One that `tells` publishes `messaging.message_settled` when it is known what became of
    it. `message_id` is its Message-ID, where the caller has to know it.

    Raises ValueError, with a sentence for people, for an address that is none, attachments of more than 10 MB, headers
    or types that are malformed.
    """
    row = _row("email", ascii_address(to), subject, text, name, at, dedupe) | {
        "html": html.replace("\0", "") if html is not None else None,
        "headers": _headers(headers or {}, reply_to),
        "attachments": _attachments(attachments),
        "account_id": account_id,
        **({"message_id": message_id} if message_id else {}),
        "data": _further(more_to, cc, bcc) | ({"tells": True} if tells else {}),
    }
    return _write(row, at)


def send_by(
    channel: str,
    to: str,
    subject: str,
    text: str,
    *,
    link: str = "",
    name: str = "",
    dedupe: str | None = None,
    at: datetime | None = None,
    data: Mapping[str, Any] | None = None,
) -> UUID:
    """Send one message by a channel of whichever plugin (`garage.pager`) to one address of that channel's kind. Returns
    the id of its row.

    As `send_mail`: the row is part of the caller's transaction, a job hands it over, `dedupe` holds for the tenant and
    all channels, and the row keeps what became of it. `data`, fit for JSON, is what this channel alone understands.
    `address_of(contact, channel)` knows where a contact is reached.

    Raises LookupError for a channel that no installed plugin declares, ValueError for an address that is none.
    """
    known = registry().channels.get(channel)
    if known is None or not known.is_at_once:
        raise LookupError(f"No installed plugin declares a channel “{channel}” by which messages leave.")
    if channel == "email":
        return send_mail(to, subject, f"{text}\n\n{link}" if link else text, name=name, dedupe=dedupe, at=at)
    address = one_line(to)
    if not address or len(address) > LONGEST_ADDRESS:
        raise ValueError(_("“%(value)s” is not an address.", value=address[:80]))
    return _write(
        _row(channel, address, subject, text, name, at, dedupe) | {"link": link or None, "data": dict(data or {})}, at
    )


def _further(more_to: Sequence[str], cc: Sequence[str], bcc: Sequence[str]) -> dict[str, Any]:
    """What `app.messaging.composing.recipients_of` reads."""
    parts = {"more_to": more_to, "cc": cc, "bcc": bcc}
    return {name: [ascii_address(one) for one in given] for name, given in parts.items() if given}


def _row(
    channel: str, to: str, subject: str, text: str, name: str, at: datetime | None, dedupe: str | None
) -> dict[str, Any]:
    key = uuid7()
    return {
        "tenant_id": current_tenant_id(),
        "id": key,
        "created_by": current_scope().actor_id,
        "channel": channel,
        "recipient": to,
        "recipient_name": one_line(name)[:200] or None,
        "subject": one_line(subject)[:255],
        "body": text.replace("\0", ""),
        "not_before": at or utcnow(),
        "message_id": f"<{key}@{own_name()}>",
        "dedupe_key": _key(dedupe) if dedupe is not None else str(key),
    }


def _write(row: dict[str, Any], at: datetime | None) -> UUID:
    """Once for each key. Returns the id of the row, or of the one that is there."""
    once = insert(OutboundMessage).values(row).on_conflict_do_nothing(index_elements=["tenant_id", "dedupe_key"])
    written: UUID | None = db.session.scalar(once.returning(OutboundMessage.id))
    if written is None:
        there = select(OutboundMessage.id).where(OutboundMessage.dedupe_key == row["dedupe_key"])
        return db.session.scalars(there).one()
    wake(written, at)
    return written


def wake(message_id: UUID, at: datetime | None = None) -> None:
    """Let a job look after a message, when its time has come."""
    enqueue(JOB, message_id, delay=max(0.0, (at - utcnow()).total_seconds()) if at is not None else None)


def own_name() -> str:
    """What this installation calls itself when it talks to mail servers: the host of its public address."""
    host = urlsplit(current_app.config["TENANTRY"].public_url).hostname or "localhost"
    return (
        host
        if host.replace(".", "").replace("-", "").isalnum() and not host.replace(".", "").isdigit()
        else "localhost"
    )


def _headers(given: Mapping[str, str], reply_to: str | None) -> dict[str, str]:
    for name, value in given.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS or not (value.isascii() and value.isprintable()):
            raise ValueError(f"The header “{one_line(name)[:60]}” cannot be set like this.")
    return {**given, **({"Reply-To": ascii_address(reply_to)} if reply_to else {})}


def _attachments(given: Sequence[Attached]) -> list[dict[str, Any]]:
    if sum(len(one.content) for one in given) > LARGEST:
        raise ValueError(_("The attachments are larger than %(size)s MB together.", size=LARGEST // 1024 // 1024))
    for one in given:
        if not _MIME.fullmatch(one.mime):
            raise ValueError(f"“{one_line(one.mime)[:80]}” is not a type of content.")
    return [one.as_json() for one in given]


def _key(dedupe: str) -> str:
    if len(dedupe) > LONGEST_KEY:
        raise ValueError(f"The key {dedupe[:40]}… has more than {LONGEST_KEY} characters.")
    return dedupe
