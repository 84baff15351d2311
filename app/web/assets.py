"""Static files under an address that changes with their content, so that browsers keep them for ever.

The address never carries the tenant's prefix: one copy in the browser serves every tenant. `kit/` holds what others
wrote; it is built by `hatch_build.py`, not kept in git.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Callable
from functools import cache
from pathlib import Path

import brotli
from flask import Blueprint, Response, abort, request, send_file
from werkzeug.security import safe_join

from app.identity import access

STATIC = Path(__file__).parent / "static"
ROOT = "/assets"
_FOR_EVER = "public, max-age=31536000, immutable"
_PACKABLE = {".css", ".js", ".svg", ".txt"}

BUNDLES = {
    "house.css": ("app.css", "habits.css", "picker.css", "drag.css", "pictures.css"),
    "house.js": (
        "app.js",
        "kit/tom-select.js",
        "picker.js",
        "offers.js",
        "search.js",
        "bell.js",
        "desk.js",
        "keys.js",
        "pictures.js",
        "downloads.js",
    ),
    "arranging.js": ("kit/sortable.js", "arrange.js"),
    "laying.js": ("kit/sortable.js", "layouts.js"),
    "lists.js": ("list.js", "columns.js", "preview.js", "inline.js", "cells.js"),
}
"""Files that are always wanted together go as one: fewer requests, and they pack better."""

blueprint = Blueprint("web", __name__)


class KitMissing(Exception):
    """The kit was not built, which `pip install` does."""


@cache
def asset(name: str) -> str:
    """The address of a file in `static`, with a hash of its content. Raises FileNotFoundError for an unknown name."""
    return f"{ROOT}/{name}?v={hashlib.sha256(content(name)).hexdigest()[:12]}"


def content(name: str) -> bytes:
    """The bytes of a file in `static`. Raises KitMissing when it would be part of a kit that is not there."""
    if name in BUNDLES:
        return b"\n".join([content(part) for part in BUNDLES[name]])
    if name.startswith("kit/") and not (STATIC / name).is_file():
        raise KitMissing(
            "The pages' kit is not built yet, or is an older one: run `pip install -e .`, or `python hatch_build.py`."
        )
    return (STATIC / name).read_bytes()


_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda plain: brotli.compress(plain, quality=10),
    "gzip": lambda plain: gzip.compress(plain, 9, mtime=0),
}
"""By the name of the coding, the smallest first. One step more of Brotli saves a fiftieth and takes thrice as long."""


@cache
def packed(name: str, coding: str) -> bytes:
    """A file in a coding of HTTP, once for all readers."""
    return _PACKERS[coding](content(name))


@blueprint.get(f"{ROOT}/<path:name>")
@access("public")
def file(name: str) -> Response:
    """Serve one static file: public, kept by the browser for ever when the address names the version on disk."""
    path = safe_join(str(STATIC), name)
    if name not in BUNDLES and (path is None or not Path(path).is_file()):
        abort(404)
    response = _sent(Path(path or ""), name)
    is_current = asset(name).endswith(f"?v={request.args.get('v', '')}")
    response.headers["Cache-Control"] = _FOR_EVER if is_current else "no-cache"
    return response


def _sent(path: Path, name: str) -> Response:
    if path.suffix not in _PACKABLE:
        return send_file(path)
    coding = next((one for one in _PACKERS if request.accept_encodings[one]), "")
    response = Response(packed(name, coding) if coding else content(name), mimetype=mimetypes.guess_type(name)[0])
    if coding:
        response.headers["Content-Encoding"] = coding
    response.add_etag(weak=True)
    response.make_conditional(request)
    response.vary.add("Accept-Encoding")
    return response
