"""Static files under an address that changes with their content, so that browsers keep them for ever.

The address never carries the tenant's prefix: one copy in the browser serves every tenant.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_from_directory

from app.identity import access

STATIC = Path(__file__).parent / "static"
ROOT = "/assets"
_FOR_EVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("web", __name__)


@cache
def asset(name: str) -> str:
    """The address of a file in `static`, with a hash of its content. Raises FileNotFoundError for an unknown name."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{ROOT}/{name}?v={digest}"


@blueprint.get(f"{ROOT}/<name>")
@access("public")
def file(name: str) -> Response:
    """Serve one static file: public, kept by the browser for ever when the address names the version on disk."""
    if not (STATIC / name).is_file():
        abort(404)
    response = send_from_directory(STATIC, name)
    is_current = asset(name).endswith(f"?v={request.args.get('v', '')}")
    response.headers["Cache-Control"] = _FOR_EVER if is_current else "no-cache"
    return response
