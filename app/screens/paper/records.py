"""A record on paper: its sections, the rows inside it, and the related lists that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flask_babel import gettext as _

from app.data import Record
from app.files.pictures.printing import printed_picture
from app.screens.formats import Formats
from app.screens.page import Column, DetailItem, Row
from app.screens.paper.letterhead import new_document
from app.screens.paper.values import NUMBERS, reader_formats, words_of_field, words_of_kind
from app.screens.views.detail import badge_of, children_of, facts_of, relations_of, sections_of
from app.screens.views.related import RelatedList, read_related, related_lists
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen

RELATED_ROWS = 200


def print_record(screen: Screen, record: Record, related: Sequence[str] = ()) -> bytes:
    """The document of one record."""
    formats = reader_formats()
    labels = relation_labels(screen.surface.session, relations_of(screen, record))
    badge = badge_of(screen, record, labels)
    about = screen.title if badge is None else f"{screen.title} · {badge.label}"
    document = new_document(screen.surface.session, str(record), about)
    document.pictures(list(_pictures(screen, record)))
    for section in sections_of(screen, record, labels, ()):
        if section.label:
            document.heading(section.label)
        document.facts([_fact(item, formats) for item in section.items if item.column.kind != "image"])
    for child in children_of(screen, record, labels):
        document.heading(child.label)
        _write_rows(document, child.columns, child.rows, formats)
    for found in related_lists(screen):
        if found.name in related:
            _write_related(document, found, screen, record, formats)
    facts = [_fact(item, formats) for item in facts_of(screen, record)]
    document.note(" · ".join(f"{label}: {words}" for label, words, _wide in facts))
    return document.finish()


def _pictures(screen: Screen, record: Record) -> Iterator[tuple[bytes, float, str]]:
    """The pictures of the record, as far as the reader sees them and the store has them."""
    for name, field in screen.surface.fields.items():
        if field.kind == "image" and (key := getattr(record, name)):
            printed = printed_picture(screen.surface.session, key)
            if printed is not None:
                yield *printed, field.words


def _fact(item: DetailItem, formats: Formats) -> tuple[str, str, bool]:
    words = _words(item.column, formats)(item.value)
    return item.column.label, words or "–", item.is_wide and bool(words)


def _words(column: Column, formats: Formats) -> Callable[[Any], str]:
    labels = {value: badge.label for value, badge in column.badges.items()}
    kind = "reference" if column.kind == "belongs_to" else column.kind
    write = words_of_kind(kind, labels, formats)
    return lambda value: write(getattr(value, "label", value))


def _write_rows(document: Any, columns: Sequence[Column], rows: Sequence[Row], formats: Formats) -> None:
    if not rows:
        document.note(_("None yet."))
        return
    write = [_words(column, formats) for column in columns]
    heads = [(column.label, column.kind) for column in columns]
    _write_table(document, heads, write, [row.cells for row in rows])


def _write_related(document: Any, found: RelatedList, screen: Screen, record: Record, formats: Formats) -> None:
    lines, is_cut, fields = read_related(found, screen, record, RELATED_ROWS)
    document.heading(found.label)
    if not lines:
        document.note(_("None yet."))
        return
    write = [words_of_field(field, formats) for field in fields]
    heads = [(field.words, field.kind) for field in fields]
    _write_table(document, heads, write, [line.values for line in lines])
    if is_cut:
        document.note(_("The first %(count)s are shown.", count=RELATED_ROWS))


def _write_table(
    document: Any,
    heads: Sequence[tuple[str, str]],
    write: Sequence[Callable[[Any], str]],
    rows: Iterable[Sequence[Any]],
) -> None:
    """`heads` are the columns: what they are called, and of which kind their values are."""
    from app.paper import Column as Head

    table = [[words(value) for words, value in zip(write, row, strict=True)] for row in rows]
    document.table([Head(label, kind in NUMBERS) for label, kind in heads], table)
