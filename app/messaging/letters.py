"""The words and the look of mail about notices: text beside HTML, right-to-left where the language is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import format_datetime, get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.messaging.branded import look_of
from app.messaging.models import Notification
from app.messaging.receivers import Receiver
from app.messaging.unsubscribing import unsubscribe_address

NOTICES = "/messaging/notifications"
SETTINGS = NOTICES + "/settings"


@dataclass(frozen=True, slots=True)
class Item:
    """One notice in a mail."""

    title: str
    body: str
    when: str
    href: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it has a row."""

    subject: str
    text: str
    html: str
    headers: dict[str, str]


def notice_address(session: Session, notice: Notification) -> str:
    """The whole address of one notice, which leads on to what it is about."""
    return f"{look_of(session)['stem']}{NOTICES}/{notice.id}"


def letter(session: Session, receiver: Receiver, notices: Sequence[Notification], *, more: int, digest: bool) -> Letter:
    """One mail about these notices, in the language in force. `more` is how many others there are."""
    look = look_of(session)
    stem = look["stem"]
    items = [_item(notice, stem, receiver.timezone) for notice in notices]
    number = len(items) + max(0, more)
    subject = items[0].title
    if digest:
        subject = ngettext(
            "%(num)s notification from %(tenant)s",
            "%(num)s notifications from %(tenant)s",
            number,
            tenant=look["brand"],
        )
    locale = get_locale()
    page = {
        "subject": subject,
        **look,
        "name": receiver.name,
        "items": items,
        "more": _("And %(count)s more.", count=more) if more > 0 else "",
        "all_href": stem + NOTICES,
        "settings_href": stem + SETTINGS,
        "lang": str(locale or "en").replace("_", "-"),
        "direction": "rtl" if locale is not None and locale.text_direction == "rtl" else "ltr",
        "choose_words": _("Choose what you are told by e-mail"),
    }
    return Letter(
        subject,
        render_template("messaging/mail.txt", **page),
        render_template("messaging/mail.html", **page),
        _headers(receiver, digest),
    )


def _item(notice: Notification, stem: str, zone: str) -> Item:
    when: datetime = notice.due_at.astimezone(ZoneInfo(zone))
    return Item(
        notice.title,
        notice.body or "",
        format_datetime(when.replace(tzinfo=None), "medium", rebase=False),
        f"{stem}{NOTICES}/{notice.id}",
    )


def _headers(receiver: Receiver, digest: bool) -> dict[str, str]:
    """No automatic answers, please; and the way out of a digest that mail programs show as a button (RFC 8058)."""
    headers = {"Auto-Submitted": "auto-generated"}
    if digest:
        headers["List-Unsubscribe"] = f"<{unsubscribe_address(receiver.id)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
