"""`ui_value`: one value of a record as HTML, in the reader's words; `ui_cells`: the cells of a list's rows.

Everything is escaped here, in `_safe`. A list prints hundreds of values, so what is the same for a column is made once.
"""

# ruff: noqa: S704  (this is the layer that escapes: see `_safe`)

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask import g
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.data import Money
from app.screens.page import Badge, Column, Reference, Row
from app.web.formats import Formats, formats_for
from app.web.icons import icon

_SPECIAL = re.compile("[&<>\"']")
NONE = Markup('<span class="none">–</span>')
EXCERPT = 160
"""Characters of a long text shown in a list."""


class Look:
    """How a value is shown: the column it stands in, whether there is room, the reader's formats."""

    __slots__ = ("column", "formats", "is_wide")

    def __init__(self, column: Column | None, formats: Formats, *, is_wide: bool = False) -> None:
        self.column = column
        self.formats = formats
        self.is_wide = is_wide

    @property
    def is_title(self) -> bool:
        """The value is inside a link to its record, and links do not nest."""
        return self.column is not None and self.column.is_title


Render = Callable[[Any, Look], str]
"""A value that is not empty, as escaped HTML."""


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
    return Markup(render(value, Look(column, reader_formats(), is_wide=wide)))


def ui_cells(columns: Sequence[Column], tick: str = "", menu: str = "") -> Callable[[Row], Markup]:
    """A function that prints the cells of a row: `{% set cells = columns|ui_cells %}`, then `{{ cells(row) }}`.

    With `tick` a box to tick stands first, with `menu` a button for the row's menu last; both are the words before the
    row's label for people who cannot see the row.
    """
    formats = reader_formats()
    plans = [(_opening(one), _RENDER.get(one.kind, _text), Look(one, formats), one.is_title) for one in columns]
    more, tick, menu = icon("more"), _safe(tick), _safe(menu)

    def print_cells(row: Row) -> Markup:
        label, href = _safe(row.label), _safe(row.href)
        parts: list[str] = []
        if tick:
            parts += ('<td class="tick-cell"><input type="checkbox" name="id" value="', _safe(row.id), '" aria-label="')
            parts += (tick, " ", label, '"></td>')
        for (opening, render, look, is_title), value in zip(plans, row.cells, strict=True):
            is_empty = value is None or value == "" or value == []
            if is_title:
                parts += (opening, href, '">', f"<bdi>{label}</bdi>" if is_empty else render(value, look), "</a></th>")
            else:
                parts += (opening, NONE if is_empty else render(value, look), "</td>")
        if menu:
            parts += ('<td class="end-cell"><a href="', href, '" class="row-menu" data-row-menu aria-label="')
            parts += (menu, " ", label, '">', more, "</a></td>")
        return Markup("".join(parts))

    return print_cells


def ui_rows(rows: Sequence[Row], columns: Sequence[Column], tick: str = "", menu: str = "") -> Markup:
    """All rows of a list; `tick` and `menu` as in `ui_cells`."""
    cells = ui_cells(columns, tick, menu)
    return Markup("\n".join([f'<tr data-id="{_safe(row.id)}">{cells(row)}</tr>' for row in rows]))


def ui_heads(columns: Sequence[Column]) -> Markup:
    """The heads of a table: links where a column can be sorted by."""
    return Markup("".join([_head(one) for one in columns]))


def _head(column: Column) -> str:
    sort = f' aria-sort="{column.direction}"' if column.direction else ""
    number = ' class="number"' if column.is_number else ""
    label = _safe(column.label)
    if column.sort_href:
        arrow = icon("up-arrow" if column.direction == "ascending" else "down-arrow") if column.direction else ""
        label = f'<a href="{_safe(column.sort_href)}">{label}{arrow}</a>'
    return f'<th scope="col"{sort}{number}>{label}</th>'


def _opening(column: Column) -> str:
    if column.is_title:
        return '<th scope="row"><a href="'
    number = ' class="number"' if column.is_number else ""
    return f'<td data-label="{_safe(column.label)}"{number}>'


def _safe(value: Any) -> str:
    """Escaped text. Most texts hold nothing to escape, and looking is quicker than copying."""
    text = value if type(value) is str else str(value)
    return text if _SPECIAL.search(text) is None else str(escape(text))


def _kind_of(value: Any) -> str:
    for types, kind in _BY_TYPE:
        if isinstance(value, types):
            return kind
    return "text"


def _text(value: Any, look: Look) -> str:
    return f"<bdi>{_safe(value)}</bdi>"


def _long_text(value: Any, look: Look) -> str:
    text = str(value)
    if look.is_wide:
        return f'<div class="prose" dir="auto">{_safe(text)}</div>'
    short = text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"
    return f'<bdi class="excerpt">{_safe(short)}</bdi>'


def _choice(value: Any, look: Look) -> str:
    badge = look.column.badges.get(str(value)) if look.column is not None else None
    return badge_markup(badge.label, badge.tone) if badge is not None else badge_markup(str(value), "grey")


@lru_cache(maxsize=4096)
def badge_markup(label: str, tone: str) -> Markup:
    """A badge: a word in a coloured pill."""
    return Markup(f'<span class="badge badge-{_safe(tone)}">{_safe(label)}</span>')


def ui_badge(badge: Badge) -> Markup:
    """The badge of a view model."""
    return badge_markup(badge.label, badge.tone)


def _flag(value: Any, look: Look) -> str:
    if value:
        return f'<span class="yes">{icon("check")}{_safe(_("Yes"))}</span>'
    return f'<span class="no">{icon("cross")}{_safe(_("No"))}</span>'


def _day(value: Any, look: Look) -> str:
    if not isinstance(value, date):
        return _text(value, look)
    return f'<time datetime="{value.isoformat()}">{look.formats.day(value)}</time>'


def _moment(value: Any, look: Look) -> str:
    if not isinstance(value, datetime):
        return _day(value, look)
    return f'<time datetime="{value.isoformat()}">{look.formats.moment(value)}</time>'


def _clock(value: Any, look: Look) -> str:
    return f"<time>{look.formats.clock(value)}</time>"


def _number(value: Any, look: Look) -> str:
    if not isinstance(value, int | float | Decimal):
        return _text(value, look)
    return f"<bdi>{_safe(look.formats.number(value))}</bdi>"


def _progress(value: Any, look: Look) -> str:
    percent = max(0, min(100, int(value)))
    return f'<progress max="100" value="{percent}"></progress> <bdi>{_safe(look.formats.number(percent))}%</bdi>'


def _money(value: Any, look: Look) -> str:
    if not isinstance(value, Money):
        return _number(value, look)
    return f"<bdi>{_safe(look.formats.money(value.amount, value.currency))}</bdi>"


def _email(value: Any, look: Look) -> str:
    return _address("mailto:", value, look)


def _phone(value: Any, look: Look) -> str:
    return _address("tel:", value, look)


def _address(scheme: str, value: Any, look: Look) -> str:
    text = _safe(value)
    if look.is_title:
        return f'<bdi dir="ltr">{text}</bdi>'
    return f'<a href="{scheme}{text}" dir="ltr">{text}</a>'


def _url(value: Any, look: Look) -> str:
    text = str(value)
    if not text.lower().startswith(("http://", "https://")):
        return _text(value, look)
    shown = _safe(text.split("://", 1)[1].rstrip("/"))
    if look.is_title:
        return f'<bdi dir="ltr">{shown}</bdi>'
    return f'<a href="{_safe(text)}" target="_blank" rel="noopener noreferrer" dir="ltr">{shown}</a>'


def _relation(value: Any, look: Look) -> str:
    label = _safe(getattr(value, "label", value))
    base = look.column.link_base if look.column is not None else ""
    if not base or look.is_title or not hasattr(value, "id"):
        return f"<bdi>{label}</bdi>"
    return f'<a href="{_safe(base)}{_safe(value.id)}"><bdi>{label}</bdi></a>'


def _tags(value: Any, look: Look) -> str:
    labels = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return "".join([f'<span class="tag"><bdi>{_safe(label)}</bdi></span>' for label in labels])


def _json(value: Any, look: Look) -> str:
    if look.is_wide:
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        return f'<pre class="code" dir="ltr" tabindex="0">{_safe(text)}</pre>'
    text = json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= EXCERPT else text[:EXCERPT] + "…"
    return f'<code class="excerpt" dir="ltr">{_safe(short)}</code>'


_RENDER: dict[str, Render] = {
    "text": _text,
    "long_text": _long_text,
    "choice": _choice,
    "money": _money,
    "integer": _number,
    "decimal": _number,
    "progress": _progress,
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
