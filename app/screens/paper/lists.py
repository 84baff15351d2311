"""A list on paper: the rows that a list request means, the columns asked for, totals of money by currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.data import Field, Money, reading
from app.screens.formats import Formats
from app.screens.paper.letterhead import new_document
from app.screens.paper.values import NUMBERS, reader_formats, shown_kind, words_of_field
from app.screens.reading import Line, ListRequest, Surface
from app.screens.reading.listing import row_reader, select_rows
from app.screens.reading.paging import Order
from app.screens.views.conditions import active_filters
from app.screens.views.counting import number_words
from app.screens.views.screen import Screen

AT_ONCE = 2_000
"""Rows of a document that is made while the person waits."""
MOST_ROWS = 20_000
"""Rows of a document at all: some 700 pages."""
ID = Field("record_id", "id", "Id")
_LETTER, _UPRIGHT, _LONGEST = 4.6, 590.0, 42
"""Width of a letter and room of an upright page in points; letters of a column that count for the way to turn it."""

Progress = Callable[[int], None]


class TooLong(ValueError):
    """So many rows are no document; the message says what to do."""


def printable(surface: Surface, names: Iterable[str]) -> tuple[Field, ...]:
    """The columns of these names that this person sees and that have room on paper; the list's own without any."""
    known = {name: field for name, field in surface.fields.items() if field.kind != "has_many"} | {"id": ID}
    found = tuple(known[name] for name in dict.fromkeys(names) if name in known)
    return found or tuple(known[name] for name in surface.default_columns() if name in known)


def print_list(
    surface: Surface,
    request: ListRequest,
    names: Sequence[str],
    *,
    most: int = MOST_ROWS,
    progress: Progress = lambda done: None,
) -> tuple[bytes, int]:
    """(the document, how many rows it has). Raises TooLong for more than `most` rows."""
    fields, formats = printable(surface, names), reader_formats()
    lines = _lines(surface, request, fields, most)
    write = [words_of_field(field, formats) for field in fields]
    cells = [[words(value) for words, value in zip(write, line.values, strict=True)] for line in lines[:300]]
    document = new_document(
        surface.session,
        surface.entry.resource.plural_words,
        _about(surface, request, len(lines)),
        landscape=_is_wide(fields, cells),
    )
    rows = _rows(lines, write, progress)
    if not lines:
        document.note(_("Nothing matches"))
    else:
        _table(document, fields, rows, _totals(fields, lines, formats))
    return document.finish(), len(lines)


def _lines(surface: Surface, request: ListRequest, fields: tuple[Field, ...], most: int) -> list[Line]:
    order = Order.of(surface.model, surface.fields[request.sort.removeprefix("-")], request.sort)
    reader = row_reader(surface, fields, order, labels=True)
    statement = reader.statement.where(*select_rows(surface, request).where).order_by(*order.by(backwards=False))
    found = reading.rows(surface.session, statement.limit(most + 1))
    if len(found) > most:
        words = _("More than %(count)s rows are too many to print at once. Please filter the list, or export it.",
                  count=number_words(most))  # fmt: skip
        raise TooLong(words)
    return [reader.line(row) for row in found]


def _rows(lines: Sequence[Line], write: Sequence[Callable[[Any], str]], progress: Progress) -> Iterator[list[str]]:
    for number, line in enumerate(lines, 1):
        yield [words(value) for words, value in zip(write, line.values, strict=True)]
        if number % 500 == 0:
            progress(number)


def _table(document: Any, fields: Sequence[Field], rows: Iterable[list[str]], totals: Sequence[list[str]]) -> None:
    from app.paper import Column

    document.table([Column(field.words, shown_kind(field) in NUMBERS) for field in fields], rows, totals)


def _is_wide(fields: Sequence[Field], cells: Sequence[Sequence[str]]) -> bool:
    """Whether the columns would not fit beside each other on an upright page."""
    longest = [
        max([len(field.words), *sorted(len(row[at]) for row in cells)[: max(1, len(cells) * 9 // 10)]])
        for at, field in enumerate(fields)
    ]
    return sum(min(one, _LONGEST) * _LETTER + 10 for one in longest) > _UPRIGHT


def _about(surface: Surface, request: ListRequest, count: int) -> str:
    """How many there are, and what was asked for."""
    parts = [ngettext("%(count)s record", "%(count)s records", count, count=number_words(count))]
    if request.search:
        parts.append(_("Search: %(words)s", words=request.search))
    chips = active_filters(Screen(surface.entry), request, [], "")
    parts += [" ".join(filter(None, (chip.label, chip.operator, chip.value))) for chip in chips]
    return " · ".join(parts)


def _totals(fields: Sequence[Field], lines: Sequence[Line], formats: Formats) -> list[list[str]]:
    """A row for each currency, exact; none where there is no money or nothing to add up."""
    sums: dict[str, dict[int, Decimal]] = {}
    for at in [at for at, field in enumerate(fields) if shown_kind(field) == "money"]:
        for line in lines:
            value = line.values[at]
            if isinstance(value, Money):
                by_column = sums.setdefault(value.currency, {})
                by_column[at] = by_column.get(at, Decimal(0)) + value.amount
    label_at = next((at for at, field in enumerate(fields) if shown_kind(field) != "money"), None)
    found = []
    for currency, by_column in sorted(sums.items()):
        row = [formats.money(by_column[at], currency) if at in by_column else "" for at in range(len(fields))]
        if label_at is not None:
            row[label_at] = str(_("Total %(currency)s", currency=currency))
        found.append(row)
    return found
