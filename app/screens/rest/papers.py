"""`Accept: application/pdf`: a record or a list as a document instead of JSON."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext as _

from app.screens.paper.letterhead import PDF, as_pdf, file_name
from app.screens.paper.lists import AT_ONCE, TooLong, print_list
from app.screens.paper.records import print_record
from app.screens.rest.arguments import ListCall
from app.screens.rest.calls import JSON, Call
from app.screens.rest.problems import Problem
from app.screens.views.screen import Screen


def wants_paper() -> bool:
    """Whether the caller would rather have a document."""
    return request.accept_mimetypes.best_match([JSON, PDF]) == PDF


def list_on_paper(call: Call, wanted: ListCall) -> Response:
    """All rows that the arguments mean, whatever the page; `fields` are its columns. It takes the right to export."""
    surface = call.surface
    if not surface.may("export"):
        raise Problem(403, "forbidden", str(_("You may not export records of this kind.")))
    names = wanted.request.columns if "fields" in call.args else ()
    try:
        content, _count = print_list(surface, wanted.request, names, most=AT_ONCE)
    except TooLong as error:
        raise Problem(422, "too_long", str(error)) from None
    return _varying(as_pdf(content, file_name("pdf", surface.entry.resource.plural_words)))


def record_on_paper(call: Call) -> Response:
    """The record of the address."""
    record = call.surface.get(call.record_id) if call.record_id else None
    if record is None:
        raise call.gone()
    screen = Screen(call.entry)
    return _varying(as_pdf(print_record(screen, record), file_name("pdf", screen.title, str(record))))


def _varying(response: Response) -> Response:
    response.headers["Vary"] = "Accept"
    return response
