"""The API's description for programs (`/api/v1/openapi.json`) and for people (`/api/v1/docs`)."""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui  # type: ignore[import-untyped]
from flask import Blueprint, Response, abort, render_template, request, send_from_directory

from app.identity.access import PUBLIC, SIGNED_IN, access
from app.identity.theme import chosen_theme
from app.screens.rest.calls import tagged
from app.screens.rest.openapi import document
from app.screens.rest.pipeline import run

_ASSETS = Path(flask_swagger_ui.__file__).parent / "dist"
_SERVED = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
_DAY = 86_400

docs = Blueprint(
    "api_docs",
    __name__,
    url_prefix="/api/v1",
    static_folder="static",
    static_url_path="/docs/static",
    template_folder="templates",
)


@docs.get("/openapi.json")
@access(SIGNED_IN)
def openapi() -> Response:
    """The OpenAPI 3.1 document of the resources that this tenant has switched on."""

    def work() -> Response:
        made = document(request.script_root)
        return tagged(made.body, made.tag)

    return run(work)


@docs.get("/docs")
@access(SIGNED_IN)
def page() -> str:
    """Swagger UI over the document."""
    return render_template("api_docs.html", theme=chosen_theme())


@docs.get("/docs/assets/<name>")
@access(PUBLIC)
def asset(name: str) -> Response:
    """A file of the packaged Swagger UI: nothing comes from another host."""
    if name not in _SERVED:
        abort(404)
    return send_from_directory(_ASSETS, name, max_age=_DAY)
