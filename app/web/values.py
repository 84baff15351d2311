"""`ui_value`: one value of a record as HTML, in the reader's words; `ui_rows`: the rows of a list.

Everything is escaped here, in `_safe`. A list prints hundreds of values, so what is the same for a column is made once,
and cells and rows leave out the end tags that HTML does not ask for: they are a twentieth of a long page.
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
from flask_babel import get_timezone
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.data import Money
from app.files.pictures.sizes import shape_of
from app.identity.locale import current_locale
from app.screens.formats import Formats, formats_for
from app.screens.overdue import is_overdue
from app.screens.page import Badge, Column, Reference, Row, Sum
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
        found = g._formats = formats_for(str(current_locale() or "en"), str(getattr(zone, "zone", zone)))
    return found


def ui_value(value: Any, column: Column | None = None, wide: bool = False) -> Markup:
    """A value by the kind of its column (by its type without one). `wide` shows long texts and JSON whole."""
    if _is_empty(value):
        return NONE
    render = _RENDER.get(column.kind if column is not None else _kind_of(value), _text)
    return Markup(render(value, Look(column, reader_formats(), is_wide=wide)))


def ui_cells(rows: Sequence[Row], columns: Sequence[Column]) -> list[Markup]:
    """The cells of each row: `{% for cells in page.rows|ui_cells(page.columns) %}<tr>{{ cells }}</tr>{% endfor %}`.
    The last one is left open."""
    return [Markup("".join(cells)) for cells in zip(*_printed(rows, columns), strict=True)]


def ui_rows(rows: Sequence[Row], columns: Sequence[Column], tick: str = "", menu: str = "") -> Markup:
    """All rows of a list. With `tick` a box to tick stands first, with `menu` a button for the row's menu last.

    Both are the words before the row's label for people who cannot see the row.
    """
    cells, labels = _printed(rows, columns), _safe_all([row.label for row in rows])
    if tick:
        opening = '<td class="tick-cell"><input type="checkbox" name="id" value="'
        ticks = [f'{opening}{_safe(row.id)}" aria-label="{_safe(tick)} ' for row in rows]
        cells.insert(0, [f'{cell}{label}">' for cell, label in zip(ticks, labels, strict=True)])
    if menu:
        opening, words = '<td class="end-cell"><a href="', f'" class="row-menu" aria-label="{_safe(menu)} '
        menus = [f"{opening}{_safe(row.href)}{words}" for row in rows]
        cells.append([f'{cell}{label}">⋯</a>' for cell, label in zip(menus, labels, strict=True)])
    start = [f'<tr data-id="{_safe(row.id)}">' for row in rows]
    return Markup("\n".join(["".join(row) for row in zip(start, *cells, strict=True)]))


def _printed(rows: Sequence[Row], columns: Sequence[Column]) -> list[list[str]]:
    """The cells column by column: what a column's cells have in common is looked up once, not for every row."""
    found = []
    for at, column in enumerate(columns):
        opening, printed = _opening(column), values_of(column, [row.cells[at] for row in rows])
        if column.is_title:
            found.append([_title(opening, row, html) for row, html in zip(rows, printed, strict=True)])
        else:
            found.append([f"{opening}{html}" for html in printed])
    return found


def _title(opening: str, row: Row, html: str) -> str:
    """The cell that leads to the row, under its label where the value is empty."""
    return f'{opening}{_safe(row.href)}">{f"<bdi>{_safe(row.label)}</bdi>" if html is NONE else html}</a>'


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
    own = f' data-column="{_safe(column.name)}" data-width="{column.width}"' if column.width is not None else ""
    return f'<th scope="col"{sort}{number}{own}>{label}</th>'


def _opening(column: Column) -> str:
    if column.is_title:
        return '<th scope="row"><a href="'
    number = ' class="number"' if column.is_number else ""
    return f'<td data-label="{_safe(column.label)}"{number}>'


def _safe(value: Any) -> str:
    """Escaped text. Most texts hold nothing to escape, and looking is quicker than copying."""
    text = value if type(value) is str else str(value)
    return text if _SPECIAL.search(text) is None else str(escape(text))


safe = _safe
"""Escaped text, for others that print HTML."""


def values_of(column: Column, values: Sequence[Any]) -> list[str]:
    """All values of a column as HTML; `NONE` itself for those that are empty."""
    render = _RENDER_ALL.get(column.kind) or _each(_RENDER.get(column.kind, _text))
    return render(values, Look(column, reader_formats()))


def _safe_all(texts: Sequence[str]) -> Sequence[str]:
    """Escaped texts. Together they are looked through at once."""
    return texts if _SPECIAL.search("".join(texts)) is None else [_safe(text) for text in texts]


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def _kind_of(value: Any) -> str:
    for types, kind in _BY_TYPE:
        if isinstance(value, types):
            return kind
    return "text"


def _text(value: Any, look: Look) -> str:
    return f"<bdi>{_safe(value)}</bdi>"


def _long_text(value: Any, look: Look) -> str:
    text = str(value)
    if look.column is not None and look.column.badges:  # lines that have words
        known = look.column.badges
        text = "\n".join(known[line].label if line in known else line for line in text.split("\n"))
    if look.is_wide:
        return f'<div class="prose" dir="auto">{_safe(text)}</div>'
    return f'<bdi class="excerpt">{_safe(_short(text))}</bdi>'


def _words(value: Any, look: Look) -> str:
    """A choice of many, called by its name."""
    badge = look.column.badges.get(str(value)) if look.column is not None else None
    return _text(badge.label if badge is not None else value, look)


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
    """The mark before the word is drawn by the style sheet: a list prints hundreds of them."""
    if value:
        return f'<span class="yes">{_safe(_("Yes"))}</span>'
    return f'<span class="no">{_safe(_("No"))}</span>'


def _day(value: Any, look: Look) -> str:
    if not isinstance(value, date):
        return _text(value, look)
    return _time(value, value.isoformat(), look.formats.day(value))


def _moment(value: Any, look: Look) -> str:
    if not isinstance(value, datetime):
        return _day(value, look)
    return _time(value, value.isoformat(timespec="seconds"), look.formats.moment(value))


def _time(value: date, machine: str, words: str) -> str:
    """What is overdue says so to who cannot see it; its mark is drawn by the style sheet."""
    if not is_overdue(value):
        return f'<time datetime="{machine}">{words}</time>'
    overdue = _safe(_("Overdue:"))
    return f'<time class="late" datetime="{machine}"><i class="for-readers">{overdue} </i>{words}</time>'


def _clock(value: Any, look: Look) -> str:
    return f"<time>{look.formats.clock(value)}</time>"


def _number(value: Any, look: Look) -> str:
    if not isinstance(value, int | float | Decimal):
        return _text(value, look)
    return f"<bdi>{_safe(look.formats.number(value))}</bdi>"


def _progress(value: Any, look: Look) -> str:
    percent = max(0, min(100, int(value)))
    return f'<progress max="100" value="{percent}"></progress> <bdi>{_safe(look.formats.percent(percent))}</bdi>'


def _money(value: Any, look: Look) -> str:
    if not isinstance(value, Money):
        return _number(value, look)
    return f"<bdi>{_safe(look.formats.money(value.amount, value.currency))}</bdi>"


def _sum(value: Any, look: Look) -> str:
    worded = look.formats.money(value.amount, value.currency) if value.currency else look.formats.number(value.amount)
    return f"<bdi>{_safe(worded)}</bdi>"


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
    return _relations([value], look)[0]


def _tags(value: Any, look: Look) -> str:
    labels = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return "".join([f'<span class="tag"><bdi>{_safe(label)}</bdi></span>' for label in labels])


def _image(value: Any, look: Look) -> str:
    """A square in a list, the whole picture where there is room; it leads to the largest one."""
    base, shape = look.column.link_base if look.column is not None else "", shape_of(str(value))
    if not base or shape is None or look.column is None:
        words = _("Picture")
        return f"<bdi>{_safe(words)}</bdi>"
    stem, label = f"{_safe(base)}{value}/", _safe(look.column.label)
    if not look.is_wide:
        return f'<img class="thumb" src="{stem}cell" width="32" height="32" loading="lazy" alt="{label}">'
    width, height = shape.at("card")
    sizes = f'src="{stem}card" srcset="{stem}card2 2x" width="{width}" height="{height}"'
    return f'<a class="picture" href="{stem}large" target="_blank"><img {sizes} loading="lazy" alt="{label}"></a>'


def _json(value: Any, look: Look) -> str:
    if look.is_wide:
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        return f'<pre class="code" dir="ltr" tabindex="0">{_safe(text)}</pre>'
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f'<code class="excerpt" dir="ltr">{_safe(_short(text))}</code>'


_RENDER: dict[str, Render] = {
    "text": _text,
    "long_text": _long_text,
    "choice": _choice,
    "words": _words,
    "money": _money,
    "sum": _sum,
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
    "image": _image,
    "belongs_to": _relation,
}


def _each(render: Render) -> RenderAll:
    return lambda values, look: [NONE if _is_empty(value) else render(value, look) for value in values]


def _texts(values: Sequence[Any], look: Look) -> list[str]:
    texts = _safe_all([_short("" if _is_empty(value) else str(value)) for value in values])
    return [f"<bdi>{text}</bdi>" if text else NONE for text in texts]


def _relations(values: Sequence[Any], look: Look) -> list[str]:
    base = look.column.link_base if look.column is not None else ""
    labels = ["" if _is_empty(value) else str(getattr(value, "label", value)) for value in values]
    if look.column is not None and look.column.is_toned:
        return [_chip("" if look.is_title else base, one, label) for one, label in zip(values, labels, strict=True)]
    if not base or look.is_title:
        return _texts(labels, look)
    return [_link(base, value, label) for value, label in zip(values, _safe_all(labels), strict=True)]


def _chip(base: str, value: Any, label: str) -> str:
    """A related record in its colour; it leads there where the reader may follow."""
    tone = getattr(value, "tone", "")
    if not label or not tone:
        if not base:
            return f"<bdi>{_safe(_short(label))}</bdi>" if label else NONE
        return _link(base, value, _safe(label))
    name = f"<bdi>{_safe(label)}</bdi>"
    if not base:
        return f'<span class="badge badge-{_safe(tone)}">{name}</span>'
    return f'<a class="badge badge-{_safe(tone)}" href="{_safe(base)}{_safe(value.id)}">{name}</a>'


def _link(base: str, value: Any, label: str) -> str:
    """To a related record, under a label that is escaped already."""
    if not label:
        return NONE
    name = f"<bdi>{label}</bdi>"
    return f'<a href="{_safe(base)}{_safe(value.id)}">{name}</a>' if hasattr(value, "id") else name


def _short(text: str) -> str:
    """A text as far as a list has room for it."""
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"


RenderAll = Callable[[Sequence[Any], Look], list[str]]
"""The values of one column, empty ones among them."""
_RENDER_ALL: dict[str, RenderAll] = {"text": _texts, "belongs_to": _relations}
"""Kinds whose columns are printed quicker than value by value."""

# Order matters: bool is an int, datetime is a date.
_BY_TYPE: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "flag"),
    (Money, "money"),
    (Sum, "sum"),
    ((int, float, Decimal), "decimal"),
    (datetime, "moment"),
    (date, "day"),
    (time, "time"),
    (Reference, "belongs_to"),
    ((list, tuple, set, frozenset), "tags"),
    (dict, "json"),
)
