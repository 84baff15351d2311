"""Documents of lists and records, and the choice of what is in them. `app.screens.paper`, which makes them of the parts
that pages are made of, is loaded when it is first asked."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.screens.laying import arranged_blocks, laid_columns
from app.screens.page import Link, Option, PrintPage
from app.screens.views.asking import ask
from app.screens.views.related import related_lists
from app.screens.views.screen import Screen, with_query

WITH = "with"
"""The argument that names related lists."""
MOST_RELATED = 4
"""Related lists in one document, each of which costs a statement."""


def list_pdf(screen: Screen) -> BaseResponse:
    """The list as its address says, all pages of it; a long one is made by a job."""
    from app.screens.paper.letterhead import as_pdf, file_name
    from app.screens.paper.lists import AT_ONCE, TooLong, print_list

    asked = ask(screen.surface)
    columns = asked.request.columns or laid_columns(screen.surface) or tuple(screen.surface.default_columns())
    try:
        content, _count = print_list(screen.surface, asked.request, columns, most=AT_ONCE)
    except TooLong:
        kept = with_query("", [*asked.conditions, ("sort", asked.request.sort)]).removeprefix("?")
        about = [("resource", screen.entry.key), ("query", kept), ("format", "pdf")]
        chosen = [("columns", name) for name in columns]
        return redirect(with_query(screen.outside("transfer/exports/new"), [*about, *chosen]), 303)
    return as_pdf(content, file_name("pdf", screen.plural))


def record_pdf(screen: Screen, record_id: UUID) -> Response:
    """The record, with the related lists that `with` names."""
    from app.screens.paper.letterhead import as_pdf, file_name
    from app.screens.paper.records import print_record

    record = screen.record(record_id)
    content = print_record(screen, record, request.args.getlist(WITH)[:MOST_RELATED])
    return as_pdf(content, file_name("pdf", screen.title, str(record)))


def print_page(screen: Screen, record_id: UUID) -> str:
    """What shall be on paper besides the record itself."""
    record = screen.record(record_id)
    lists = {one.name: Option(one.name, one.label) for one in related_lists(screen)}
    page = PrintPage(
        title=_("Print: %(name)s", name=str(record)),
        trail=screen.trail(Link(str(record), screen.href(record_id))),
        action_href=screen.href(record_id, "pdf"),
        name=WITH,
        options=tuple(arranged_blocks(screen.surface, lists)),
        most=MOST_RELATED,
        cancel_href=screen.href(record_id),
    )
    return render_template("resource/print.html", page=page)
