"""GET: a page of records, or one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from app.screens.reading import Listing, read_list, read_rows
from app.screens.rest.arguments import read_list_call, read_shape
from app.screens.rest.calls import Call, record_answer, tagged
from app.screens.rest.etags import digest_tag
from app.screens.rest.jsons import to_json
from app.screens.rest.papers import list_on_paper, record_on_paper, wants_paper


def read_page(call: Call) -> Response:
    """`{"data": [...], "next": cursor, "previous": cursor, "count": {...}}`, and the neighbours as `Link` header; with
    `Accept: application/pdf` all rows as a document."""
    wanted = read_list_call(call.surface, call.args)
    if wants_paper():
        return list_on_paper(call, wanted)
    listing = read_list(call.surface, wanted.request, count=wanted.count != "none", labels=False)
    body = to_json(
        {
            "data": call.rows(listing.lines, wanted.shape),
            "next": listing.next_cursor,
            "previous": listing.previous_cursor,
            "count": _count(listing),
        }
    )
    response = tagged(body, digest_tag(body))
    links = [
        f'<{_page_address(call, cursor)}>; rel="{name}"'
        for name, cursor in (("next", listing.next_cursor), ("prev", listing.previous_cursor))
        if cursor
    ]
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _count(listing: Listing) -> dict[str, Any] | None:
    count = listing.count
    return None if count.value is None else {"value": count.value, "capped": count.capped}


def _page_address(call: Call, cursor: str) -> str:
    others = [(name, value) for name, value in call.args.items(multi=True) if name != "cursor"]
    return f"{request.script_root}{request.path}?{urlencode([*others, ('cursor', cursor)])}"


def read_one(call: Call) -> Response:
    """One record; its `ETag` is what a change sends back as `If-Match`. With `Accept: application/pdf` a document."""
    surface = call.surface
    shape = read_shape(surface, call.args)
    if wants_paper():
        return record_on_paper(call)
    where = (surface.model.id == call.record_id, *surface.conditions())
    lines = read_rows(surface, shape.columns, *where, limit=1)
    if not lines:
        raise call.gone()
    return record_answer(call.rows(lines, shape)[0], shape)
