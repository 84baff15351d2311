"""The words of a mail: what is new in it and what it quotes, text as HTML, signatures, what a template fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.identity.principal import principal
from app.mailboxes.models import Mail, Mailbox
from app.messaging.branded import look_of
from app.messaging.composing import one_line
from app.messaging.models import CommunicationTemplate

_LINK = re.compile(r"https?://[^\s<>\"']{1,500}[^\s<>\"'.,;:!?)\]]")
_VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,40})\s*\}\}")
_QUOTE = re.compile(
    r"(?m)^(?:>.*"
    r"|-{2,}\s?(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Message d'origine|الرسالة الأصلية)\s?-{2,}"
    r"|(?:On|Am|Le|El|في) .{5,200}(?:wrote|schrieb|a écrit|escribió|كتب).{0,80}:|_{20,})\s*$"
)


def folded(text: str) -> tuple[str, str]:
    """(what is new, what is quoted from there to the end). A mail that begins with a quote is new as a whole."""
    found = next((one for one in _QUOTE.finditer(text) if _is_to_the_end(text, one)), None)
    if found is None or not text[: found.start()].strip():
        return text, ""
    return text[: found.start()].rstrip(), text[found.start() :].strip()


def _is_to_the_end(text: str, found: re.Match[str]) -> bool:
    """An answer between the lines is no history: a quote by > counts where nothing but quotes follows it."""
    if not found.group().startswith(">"):
        return True
    return all(line.startswith(">") or not line.strip() for line in text[found.start() :].splitlines())


def shown(text: str) -> Markup:
    """Text of a mail for our pages: its history is closed, links lead where they say."""
    new, quoted = folded(text)
    words = Markup('<div class="mail-text">{}</div>').format(linked(new))
    if not quoted:
        return words
    summary = _("Show what it answers")
    return words + Markup(
        '<details class="mail-quoted"><summary>{}</summary><div class="mail-text">{}</div></details>'
    ).format(summary, linked(quoted))


def linked(text: str) -> Markup:
    """Text with its addresses as links."""
    parts: list[Markup] = []
    last = 0
    for found in _LINK.finditer(text):
        parts.append(escape(text[last : found.start()]))
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>')
        parts.append(link.format(found.group()))
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


def html_of(session: Session, text: str) -> str:
    """The HTML beside the text of a mail of ours: its paragraphs, quotes and links, and the tenant's lines below."""
    blocks = "".join(_block(one) for one in re.split(r"\n\s*\n", text.strip()))
    look = look_of(session)
    end = ""
    if look["footer"]:
        style = f"border-top:2px solid {look['accent']};margin-top:16px;padding-top:8px;color:#5b6675;font-size:13px"
        end = Markup('<p style="{}" dir="auto">{}</p>').format(style, _broken(look["footer"]))
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{blocks}{end}</body></html>'


def _block(text: str) -> Markup:
    lines = text.splitlines()
    if all(line.startswith(">") for line in lines):
        inner = "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)
        style = "margin:0 0 12px;padding-inline-start:10px;border-inline-start:2px solid #c9d0da;color:#5b6675"
        return Markup('<blockquote style="{}" dir="auto">{}</blockquote>').format(style, _broken(inner))
    return Markup('<p style="margin:0 0 12px" dir="auto">{}</p>').format(_broken(text))


def _broken(text: str) -> Markup:
    return Markup("<br>").join(linked(line) for line in text.splitlines())


def with_signature(text: str, mailbox: Mailbox) -> str:
    """The text with the mailbox's signature under it, once."""
    signature = (mailbox.signature or "").strip()
    return f"{text.rstrip()}\n\n-- \n{signature}" if signature and signature not in text else text


def quoted(mail: Mail) -> str:
    """A mail below an answer to it."""
    lines = "\n".join(f"> {line}".rstrip() for line in mail.body.splitlines())
    words = _("On %(when)s %(who)s wrote:", when=_when(mail), who=_sender(mail))
    return f"\n\n{words}\n{lines}"


def forwarded(mail: Mail) -> str:
    """A mail below the words it is passed on with."""
    title = _("Forwarded message")
    facts = ((_("From"), _sender(mail)), (_("When"), _when(mail)), (_("Subject"), mail.subject))
    head = "\n".join(f"{name}: {value}" for name, value in facts)
    return f"\n\n---------- {title} ----------\n{head}\n\n{mail.body}"


def _sender(mail: Mail) -> str:
    return f"{mail.from_name} <{mail.from_email}>" if mail.from_name else mail.from_email


def _when(mail: Mail) -> str:
    return str(format_datetime(mail.at, "medium"))


def subject_of_answer(subject: str, mark: str) -> str:
    """`Re: ` or `Fwd: ` before a subject, once."""
    bare = re.sub(r"(?i)^\s*(re|aw|sv|fwd?|wg|tr|رد)\s*:\s*", "", subject)
    return one_line(f"{mark}: {bare}")[:255]


def filled(words: str, values: Mapping[str, Any]) -> str:
    """The words of a template with what is known; what is not known keeps its braces, for a person to fill in."""
    return _VARIABLE.sub(lambda found: str(values.get(found.group(1)) or found.group()), words)


def values_for(session: Session, contact: Contact | None) -> dict[str, str]:
    """What templates may name when one writes by hand."""
    person, look = principal(), look_of(session)
    values = {"sender": person.get_full_name() if person else "", "brand": look["brand"], "tenant": look["brand"]}
    if contact is not None:
        names: dict[str, Any] = {
            "name": contact.full_name, "full_name": contact.full_name,
            "first_name": contact.first_name or contact.full_name, "last_name": contact.last_name,
            "company": str(contact.company or ""), "position": contact.position,
        }  # fmt: skip
        values |= {name: str(value) for name, value in names.items() if value}
    return values


def templates(session: Session) -> list[CommunicationTemplate]:
    """The tenant's templates for mail, by name."""
    one = CommunicationTemplate
    wanted = select(one).where(one.channel == "email", one.is_active)
    return list(session.scalars(wanted.order_by(one.key, one.language).limit(200)))
