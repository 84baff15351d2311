"""From fields to columns: what a value of a field is shown with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

from babel import Locale
from flask import request

from app.data import Field
from app.data.choices import InstalledChoices
from app.data.record import words_of
from app.host import registry
from app.identity.locale import current_locale, listed
from app.screens.page import Badge, Column, Row
from app.screens.reading.listing import Line
from app.screens.reading.surface import Surface

GREY = "grey"
TITLES = ("text", "long_text", "email", "phone", "url", "belongs_to", "day", "moment", "integer", "choice")
"""Kinds of values that can be the link to their row."""


def badges_of(field: Field) -> dict[str, Badge]:
    """The badge of each choice."""
    return {one.value: Badge(one.words_here, one.colour or GREY) for one in field.choices}


def column(
    surface: Surface,
    field: Field,
    *,
    sort_href: str | None = None,
    direction: Literal["ascending", "descending"] | None = None,
    is_title: bool = False,
    width: int | None = None,
) -> Column:
    """The column of a field; relations link to their record where the reader may open it."""
    target = surface.target(field) if field.picks else None
    base = _base(target) if field.picks else picture_base(surface, field) if field.kind == "image" else ""
    given = field.choices if isinstance(field.choices, InstalledChoices) else ()
    off = frozenset(one.value for one in given if one.here is not None and not one.here())
    label, badges = _words(field, current_locale(), registry().number, off)
    shown = field.extra.get("show", "belongs_to" if field.picks else field.kind)
    return Column(
        field.name,
        label,
        shown,
        sort_href,
        direction,
        badges,
        base,
        is_title,
        target is not None and target.entry.resource.tone in target.fields,
        width,
    )


@lru_cache(maxsize=5_000)
def _words(field: Field, locale: Locale | None, installed: int, off: frozenset[str]) -> tuple[str, dict[str, Badge]]:
    """Label and badges of a field, translated once a language (the one in force is `locale`), application, and choices
    that are off."""
    return field.words, badges_of(field)


def _base(target: Surface | None) -> str:
    """Where records of a relation's target are opened; empty when there is no such page for this person."""
    return f"{request.script_root}{target.entry.path}/" if target is not None and target.may("read") else ""


def picture_base(surface: Surface, field: Field) -> str:
    """Where the pictures of a field are: followed by key and size."""
    return f"{request.script_root}{surface.entry.path}/pictures/{field.name}/"


def plain_columns(surface: Surface, fields: Iterable[Field], *, titled: bool = True) -> tuple[Column, ...]:
    """Columns without sorting; the first one leads to the row."""
    chosen = list(fields)
    title = title_of(chosen) if titled else None
    return tuple(column(surface, field, is_title=field is title) for field in chosen)


def title_of(fields: Iterable[Field], labels: Sequence[str] = ()) -> Field | None:
    """The field whose value leads to the row: one that names the record, wherever it stands, else the first that
    can."""
    able = [field for field in fields if field.kind in TITLES]
    return next((field for field in able if field.name in labels), able[0] if able else None)


def rows_of(lines: Iterable[Line], base: str, fields: Iterable[Field], labels: Sequence[str] = ()) -> tuple[Row, ...]:
    """Lines of the engine, read with these columns, as rows of a page; `labels` are fields that name their record."""
    chosen = list(fields)
    at = title_index(chosen, labels)
    title = chosen[at] if at is not None else None
    return tuple([_row(line, str(line.id), base, title, at) for line in lines])


def _row(line: Line, key: str, base: str, title: Field | None, at: int | None) -> Row:
    value: Any = line.values[at] if at is not None and at < len(line.values) else None
    label = words_of(title, value) if title is not None and value not in (None, "") else key[-8:]
    return Row(key, base + key, label, line.values, line.version)


def title_index(fields: Iterable[Field], labels: Sequence[str] = ()) -> int | None:
    """Where the title stands among the columns."""
    chosen = list(fields)
    title = title_of(chosen, labels)
    return chosen.index(title) if title is not None else None


def field_words(fields: Iterable[Field]) -> str:
    """Labels, one after the other."""
    return listed(field.words for field in fields)
