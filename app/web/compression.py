"""Pages and answers go over the wire packed. Files have their own way (`app.web.assets`), downloads go as they are."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

_LEVEL = 2
"""A page of 75 KB takes a third of a millisecond; the levels above cost more than they save."""
_LEAST = 1_000
_PACKED = ("text/html", "application/json", "application/problem+json", "text/calendar")


def init_compression(app: Flask) -> None:
    """Register it before what adds to answers: what is registered first runs last."""
    app.after_request(pack)


def pack(response: Response) -> Response:
    """Compress an answer in one piece for whoever takes gzip.

    Pages hold a CSRF token, which a stranger could guess from the sizes of answers only by making somebody's browser
    ask again and again; the session's cookie does not go along with what other sites ask for (SameSite).
    """
    if response.mimetype not in _PACKED or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if "Content-Encoding" in response.headers or not request.accept_encodings["gzip"]:
        return response
    body = response.get_data()
    if len(body) >= _LEAST:
        response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        _weaken(response)
    return response


def _weaken(response: Response) -> None:
    """Packed or not, it is the same answer, but not the same bytes."""
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)
