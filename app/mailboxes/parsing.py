"""From the bytes of a mail to what is kept of it. Nothing that a stranger may write is believed, or breaks this."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from app.data import utcnow
from app.mailboxes.cleaning import cleaned, words_of
from app.mailboxes.models import AUTO_REPLY, BOUNCE, MAIL

MOST_PARTS, DEEPEST = 200, 20
"""Of more, or deeper ones, no more is looked at."""
MOST_PARTIES, MOST_FILES = 200, 50
LONGEST_TEXT = 200_000
_ID = re.compile(r"<[^<>\s]{1,480}>")
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[a-z0-9.-]{1,189}")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a mail; the address is in small letters."""

    role: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A file in a mail."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """What the headers of a mail say. `message_id` is made of the rest where there is none."""

    subject: str
    parties: tuple[Party, ...]
    at: datetime | None
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    kind: str
    reply_to: str = ""

    @property
    def sender(self) -> Party:
        return next((one for one in self.parties if one.role == "from"), Party("from", "", ""))

    @property
    def root(self) -> str:
        return (self.references or ((self.in_reply_to,) if self.in_reply_to else ()) or (self.message_id,))[0]


@dataclass(frozen=True, slots=True)
class Read:
    """A whole mail."""

    head: Head
    text: str
    html: str
    files: tuple[Piece, ...]
    answers: str
    """The Message-ID of what could not be delivered; empty for anything but a report of that."""
    failed: tuple[str, ...]
    """The addresses that it could not be delivered to."""
    reason: str

    @property
    def digest(self) -> str:
        """The same for every delivery of one mail, another for one that only borrows its Message-ID."""
        head = self.head
        told = (head.message_id, head.sender.email, head.subject, " ".join(self.text.split()))
        return hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest()


def read_head(raw: bytes) -> Head:
    """The headers alone. Never raises for what a mail may hold."""
    return _head(message_from_bytes(raw, policy=compat32))


def read_mail(raw: bytes) -> Read:
    """The whole mail. Never raises for what a mail may hold, but RecursionError and ValueError for what is no mail."""
    mail = message_from_bytes(raw, policy=compat32)
    head = _head(mail)
    plain, html, files, report = _contents(mail)
    text = plain or words_of(html)
    answers, failed, reason = report
    return Read(head, _clean(text)[:LONGEST_TEXT], cleaned(html) if html else "", tuple(files), answers, failed, reason)


def _head(mail: Message) -> Head:
    subject = _decoded(mail.get("Subject"))[:255]
    ids = _ID.findall(str(mail.get("Message-ID") or ""))
    answered = _ID.findall(str(mail.get("In-Reply-To") or ""))
    parties = tuple(_parties(mail, "from", "to", "cc", "bcc"))
    made = hashlib.sha256(repr((subject, parties, str(mail.get("Date")))).encode("utf-8", "replace")).hexdigest()
    return Head(
        subject=subject,
        parties=parties,
        at=_moment(str(mail.get("Date") or "")),
        message_id=ids[0] if ids else f"<{made[:40]}@without.id>",
        in_reply_to=answered[0] if answered else "",
        references=tuple(dict.fromkeys(_ID.findall(str(mail.get("References") or ""))))[-100:],
        kind=_kind(mail),
        reply_to=next((one.email for one in _parties(mail, "reply-to")), ""),
    )


def _parties(mail: Message, *roles: str) -> Iterator[Party]:
    """Everybody named, each once in a role, with names as people read them."""
    seen: set[tuple[str, str]] = set()
    for role in roles:
        raw = [str(one)[:20_000] for one in (mail.get_all(role) or ())[:20]]
        for name, address in getaddresses(raw):
            email = address.strip().lower()
            if not _ADDRESS.fullmatch(email) or (role, email) in seen or len(seen) >= MOST_PARTIES:
                continue
            seen.add((role, email))
            yield Party(role, email, _decoded(name)[:200])


def _decoded(value: Any) -> str:
    """A header as people read it: encoded words in whatever charset they claim, broken ones as they are."""
    if value is None:
        return ""
    try:
        words = str(make_header(decode_header(str(value)[:10_000])))
    except (LookupError, ValueError, TypeError):
        words = str(value)[:10_000]
    words = words.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in words).split())


def _moment(words: str) -> datetime | None:
    """When it says it was written; nothing for what is no date, or lies ahead."""
    try:
        found = parsedate_to_datetime(words)
    except (ValueError, TypeError, OverflowError):
        return None
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC) if found <= utcnow() + timedelta(hours=1) and found.year >= 1980 else None
    except OverflowError:
        return None


def _kind(mail: Message) -> str:
    """What a machine wrote (RFC 3834), what says that a mail did not arrive (RFC 3464), and what people write."""
    if mail.get_content_type() == "multipart/report" and mail.get_param("report-type") == "delivery-status":
        return BOUNCE
    sender = str(mail.get("From") or "").lower()
    if str(mail.get("Return-Path") or "").strip() == "<>" and "mailer-daemon" in sender:
        return BOUNCE
    automatic = str(mail.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    if automatic.startswith("auto-") or mail.get("X-Autoreply") or mail.get("X-Autorespond"):
        return AUTO_REPLY
    return AUTO_REPLY if str(mail.get("Precedence") or "").strip().lower() == "auto_reply" else MAIL


def _contents(mail: Message) -> tuple[str, str, list[Piece], tuple[str, tuple[str, ...], str]]:
    """(text, HTML, files, (which mail did not arrive, at whom, why))."""
    plain: list[str] = []
    html: list[str] = []
    files: list[Piece] = []
    report: tuple[str, tuple[str, ...], str] = ("", (), "")
    is_report = mail.get_content_type() == "multipart/report"
    for part in _leaves(mail):
        kind = part.get_content_type()
        if is_report and kind == "message/delivery-status":
            report = (report[0], *_status(part))
        elif is_report and kind in ("message/rfc822", "text/rfc822-headers"):
            report = (_reported_id(part), *report[1:])
        elif _is_file(part):
            if len(files) < MOST_FILES:
                files.append(Piece(_file_name(part, len(files)), _bytes(part)))
        elif kind == "text/plain":
            plain.append(_text(part))
        elif kind == "text/html":
            html.append(_text(part))
    return "\n\n".join(plain).strip(), "\n".join(html), files, report


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts that hold something, without recursion: a mail can be nested deeper than any stack."""
    waiting = [(mail, 0)]
    for _number in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        inner: Any = part.get_payload()
        is_holder = part.get_content_maintype() == "multipart" and isinstance(inner, list)
        if is_holder and depth < DEEPEST:
            waiting += [(one, depth + 1) for one in reversed(inner) if isinstance(one, Message)]
        elif not is_holder:
            yield part


def _is_file(part: Message) -> bool:
    return (
        part.get_content_disposition() == "attachment"
        or part.get_content_maintype() not in ("text", "multipart", "message")
        or (part.get_content_type() not in ("text/plain", "text/html") and bool(part.get_filename()))
        or (part.get_content_type() == "message/rfc822")
    )


def _file_name(part: Message, number: int) -> str:
    name = _decoded(part.get_filename())
    return name or f"{number + 1}.{part.get_content_subtype()}"


def _bytes(part: Message) -> bytes:
    if part.get_content_maintype() == "message":
        inner = part.get_payload()
        return (
            b"".join(one.as_bytes() for one in inner[:1] if isinstance(one, Message))
            if isinstance(inner, list)
            else b""
        )
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(part: Message) -> str:
    raw = _bytes(part)
    for charset in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return raw.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("latin-1")


def _clean(text: str) -> str:
    """Without what no text column or page takes."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def _status(part: Message) -> tuple[tuple[str, ...], str]:
    """(the addresses that failed, the first reason) of a delivery report."""
    failed: list[str] = []
    reason = ""
    groups: Any = part.get_payload()
    for group in groups[:50] if isinstance(groups, list) else ():
        address = str(group.get("Final-Recipient") or group.get("Original-Recipient") or "").rpartition(";")[2]
        if not address or str(group.get("Action") or "failed").strip().lower() != "failed":
            continue
        failed.append(address.strip().lower()[:254])
        reason = reason or _decoded(str(group.get("Diagnostic-Code") or group.get("Status") or "").rpartition(";")[2])
    return tuple(failed), reason[:500]


def _reported_id(part: Message) -> str:
    inner = part.get_payload()
    head = inner[0] if isinstance(inner, list) and inner else None
    raw = str(head.get("Message-ID") or "") if isinstance(head, Message) else _text(part)
    return next(iter(re.findall(r"(?im)^message-id:\s*(<[^<>\s]{1,480}>)", raw) or _ID.findall(raw)), "")
