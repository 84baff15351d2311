"""The records behind a figure of a dataset: those its facts are of, in the columns of their own list."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from app.reports.pages.screen import ReportScreen
from app.screens.page import ActiveFilter, Column, Link, Pager, Row
from app.screens.reading import BadArguments, ListRequest
from app.screens.reading.listing import Count, Selection, count_rows, row_reader
from app.screens.reading.paging import Order, decode
from app.screens.views.asking import ask
from app.screens.views.columns import plain_columns, rows_of
from app.screens.views.conditions import active_filters
from app.screens.views.counting import matching_words
from app.screens.views.screen import with_query

SIZE = 50


@dataclass(frozen=True)
class RecordsPage:
    title: str
    trail: tuple[Link, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    filters: tuple[ActiveFilter, ...]
    pager: Pager
    problems: tuple[str, ...]


def records_page(screen: ReportScreen) -> str:
    """`?<conditions on the facts>`: the records that exactly these facts are of."""
    asked = ask(screen.surface)
    surface = screen.source.records
    facts = screen.source.facts(asked.request)
    mine = select(facts.record_id).where(*facts.where)
    where = [*surface.conditions(), surface.model.id.in_(mine)]
    fields = tuple(surface.fields[name] for name in surface.default_columns())
    order = Order.of(surface.model, surface.fields["created_at"], "-created_at")
    beyond = _beyond(asked.request, order)
    reader = row_reader(surface, fields, order, labels=True)
    found = reader.read(surface, SIZE + 1, order, [*where, *beyond], backwards=False)
    lines = [reader.line(row) for row in found[:SIZE]]
    following = reader.position(found[SIZE - 1], False).encode("-created_at") if len(found) > SIZE else None
    next_href = with_query(screen.href("records"), [*asked.without(), ("cursor", following)]) if following else None
    count = count_rows(surface, Selection(where), None) if beyond or following else Count(len(lines))
    page = RecordsPage(
        title=_("%(what)s behind a figure", what=surface.entry.resource.plural_words),
        trail=(Link(screen.source.title, screen.list_href),),
        columns=plain_columns(surface, fields),
        rows=rows_of(lines, f"{screen.base}/", fields),
        filters=active_filters(screen, asked.request, asked.pairs, screen.href("records")),
        pager=Pager(matching_words(count, surface.entry.resource.plural_words), next_href=next_href),
        problems=asked.problems,
    )
    return render_template("reports/records.html", page=page)


def _beyond(asked: ListRequest, order: Order) -> list[ColumnElement[bool]]:
    cursor = request.args.get("cursor")
    if not cursor:
        return []
    try:
        return [order.after(decode(cursor, "-created_at", order.field))]
    except ValueError as error:
        raise BadArguments({"cursor": str(error)}) from None
