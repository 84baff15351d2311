"""`ui_value`: one value of a record as HTML, in the reader's words. Everything is escaped here."""

# ruff: noqa: S704  (this is the layer that escapes: `Markup.format` would double the time of a list page)

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask import g
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.data import Money
from app.screens.page import Badge, Column, Reference
from app.web.formats import Formats, formats_for
from app.web.icons import icon

NONE = Markup('<span class="none">–</span>')
EXCERPT = 160
"""Characters of a long text shown in a list."""

Render = Callable[[Any, Column | None, bool], Markup]


def reader_formats() -> Formats:
    """The formats of whoever reads this page: looked up once a request."""
    found: Formats | None = g.get("_formats")
    if found is None:
        zone = get_timezone()
        found = g._formats = formats_for(str(get_locale() or "en"), str(getattr(zone, "zone", zone)))
    return found


def ui_value(value: Any, column: Column | None = None, wide: bool = False) -> Markup:
    """A value by the kind of its column (by its type without one). `wide` shows long texts and JSON whole."""
    if value is None or value == "" or value == []:
        return NONE
    render = _RENDER.get(column.kind if column is not None else _kind_of(value), _text)
    return render(value, column, wide)


def _kind_of(value: Any) -> str:
    for types, kind in _BY_TYPE:
        if isinstance(value, types):
            return kind
    return "text"


def _text(value: Any, column: Column | None, wide: bool) -> Markup:
    return Markup(f"<bdi>{escape(value)}</bdi>")


def _long_text(value: Any, column: Column | None, wide: bool) -> Markup:
    text = str(value)
    if wide:
        return Markup(f'<div class="prose" dir="auto">{escape(text)}</div>')
    short = text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"
    return Markup(f'<bdi class="excerpt">{escape(short)}</bdi>')


def _choice(value: Any, column: Column | None, wide: bool) -> Markup:
    badge = column.badges.get(str(value)) if column is not None else None
    return badge_markup(badge.label, badge.tone) if badge is not None else badge_markup(str(value), "grey")


@lru_cache(maxsize=4096)
def badge_markup(label: str, tone: str) -> Markup:
    """A badge: a word in a coloured pill."""
    return Markup(f'<span class="badge badge-{escape(tone)}">{escape(label)}</span>')


def ui_badge(badge: Badge) -> Markup:
    return badge_markup(badge.label, badge.tone)


def _flag(value: Any, column: Column | None, wide: bool) -> Markup:
    if value:
        return Markup(f'<span class="yes">{icon("check")}{escape(_("Yes"))}</span>')
    return Markup(f'<span class="no">{icon("cross")}{escape(_("No"))}</span>')


def _day(value: Any, column: Column | None, wide: bool) -> Markup:
    if not isinstance(value, date):
        return _text(value, column, wide)
    return Markup(f'<time datetime="{value.isoformat()}">{reader_formats().day(value)}</time>')


def _moment(value: Any, column: Column | None, wide: bool) -> Markup:
    if not isinstance(value, datetime):
        return _day(value, column, wide)
    return Markup(f'<time datetime="{value.isoformat()}">{reader_formats().moment(value)}</time>')


def _clock(value: Any, column: Column | None, wide: bool) -> Markup:
    return Markup(f"<time>{reader_formats().clock(value)}</time>")


def _number(value: Any, column: Column | None, wide: bool) -> Markup:
    if not isinstance(value, int | float | Decimal):
        return _text(value, column, wide)
    return Markup(f"<bdi>{escape(reader_formats().number(value))}</bdi>")


def _money(value: Any, column: Column | None, wide: bool) -> Markup:
    if not isinstance(value, Money):
        return _number(value, column, wide)
    return Markup(f"<bdi>{escape(reader_formats().money(value.amount, value.currency))}</bdi>")


def _email(value: Any, column: Column | None, wide: bool) -> Markup:
    return _address("mailto:", value, str(value), column)


def _phone(value: Any, column: Column | None, wide: bool) -> Markup:
    return _address("tel:", value, str(value), column)


def _url(value: Any, column: Column | None, wide: bool) -> Markup:
    text = str(value)
    if not text.lower().startswith(("http://", "https://")):
        return _text(value, column, wide)
    shown = text.split("://", 1)[1].rstrip("/")
    if column is not None and column.is_title:
        return Markup(f'<bdi dir="ltr">{escape(shown)}</bdi>')
    return Markup(f'<a href="{escape(text)}" target="_blank" rel="noopener noreferrer" dir="ltr">{escape(shown)}</a>')


def _address(scheme: str, value: Any, shown: str, column: Column | None) -> Markup:
    text = escape(shown)
    if column is not None and column.is_title:  # the title is a link to the record: links do not nest
        return Markup(f'<bdi dir="ltr">{text}</bdi>')
    return Markup(f'<a href="{scheme}{escape(value)}" dir="ltr">{text}</a>')


def _relation(value: Any, column: Column | None, wide: bool) -> Markup:
    label = escape(getattr(value, "label", value))
    if column is None or not column.link_base or column.is_title or not hasattr(value, "id"):
        return Markup(f"<bdi>{label}</bdi>")
    return Markup(f'<a href="{escape(column.link_base)}{value.id}"><bdi>{label}</bdi></a>')


def _tags(value: Any, column: Column | None, wide: bool) -> Markup:
    labels = [value] if isinstance(value, str) else value
    return Markup("").join(Markup(f'<span class="tag"><bdi>{escape(label)}</bdi></span>') for label in labels)


def _json(value: Any, column: Column | None, wide: bool) -> Markup:
    if wide:
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        return Markup(f'<pre class="code" dir="ltr" tabindex="0">{escape(text)}</pre>')
    text = json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= EXCERPT else text[:EXCERPT] + "…"
    return Markup(f'<code class="excerpt" dir="ltr">{escape(short)}</code>')


_RENDER: dict[str, Render] = {
    "text": _text,
    "long_text": _long_text,
    "choice": _choice,
    "money": _money,
    "integer": _number,
    "decimal": _number,
    "flag": _flag,
    "day": _day,
    "moment": _moment,
    "time": _clock,
    "json": _json,
    "tags": _tags,
    "phone": _phone,
    "email": _email,
    "url": _url,
    "belongs_to": _relation,
}

# Order matters: bool is an int, datetime is a date.
_BY_TYPE: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "flag"),
    (Money, "money"),
    ((int, float, Decimal), "decimal"),
    (datetime, "moment"),
    (date, "day"),
    (time, "time"),
    (Reference, "belongs_to"),
    ((list, tuple, set, frozenset), "tags"),
    (dict, "json"),
)
