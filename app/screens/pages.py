"""Pages that belong to no resource: the tenant's start page, and errors in words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, g, jsonify, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.data import db
from app.features.gate import out_of_order_words
from app.host import registry
from app.host.guarding import HookBroke, HookFailed
from app.identity.principal import principal
from app.identity.views import use_home
from app.screens.frame import home_page
from app.screens.page import ErrorPage
from app.screens.why import is_decided, why_href
from app.screens.writing import NotAllowed

log = logging.getLogger(__name__)

_PAGES: Mapping[int, tuple[Any, Any]] = {
    400: (_l("The request cannot be read"), _l("Something in it is broken. Go back, reload the page and try again.")),
    401: (_l("Please sign in"), _l("You have to sign in to see this page.")),
    403: (_l("You may not do that"), _l("None of your roles here allows it. An owner or admin can change that.")),
    404: (_l("There is nothing here"), _l("The address is misspelt, or what was here is gone or not yours to see.")),
    405: (_l("This cannot be done this way"), _l("The address exists, but not for this kind of request.")),
    409: (_l("Somebody else was first"), _l("What you wanted to change was changed meanwhile. Reload and try again.")),
    410: (_l("It was merged"), _l("This record was merged into another one.")),
    413: (_l("That was too much"), _l("Please send less at once, or a smaller file.")),
    422: (_l("This cannot be used"), _l("Some of what was sent cannot be used. Go back and check it.")),
    429: (_l("Too many requests"), _l("Please wait a moment and try again.")),
    500: (_l("Something went wrong"), _l("It is our fault and has been noted. Nothing you typed was saved.")),
    503: (_l("The server is busy"), _l("Please try again in a moment.")),
}

_DECIDED = frozenset({403, 404, 409, 503})
"""Refusals that may come from roles, rules and plugins, and can be explained."""


def init_pages(app: Flask) -> None:
    """Show the tenant's start page at `/`, and every error as a page."""
    use_home(app, _home)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(StaleDataError, _stale)
    for failed in (HookFailed, HookBroke):
        app.register_error_handler(failed, _out_of_order)
    for error in (OperationalError, PoolTimeoutError):
        app.register_error_handler(error, _busy)


def error_page(code: int, words: str = "") -> Any:
    """The page of an error; JSON for the page's own scripts."""
    title, usual = _PAGES.get(code, _PAGES[500 if code >= 500 else 400])
    said = words or str(usual)
    if code == 503 and words:
        title = _l("Out of order")
    if request.accept_mimetypes.best == "application/json":
        return jsonify(detail=said), code
    page = ErrorPage(
        code=code,
        title=str(title),
        words=said,
        request_id=str(g.get("request_id") or request.environ.get("tenantry.request_id") or ""),
        home_href=request.script_root + "/",
        why_href=why_href() if code in _DECIDED and (code != 404 or is_decided()) else "",
        retry_href=request.script_root + request.path if code in (429, 503) and request.method == "GET" else "",
    )
    return render_template("errors/error.html", page=page), code


def _home() -> str:
    person = principal()
    if person is None:  # the gate lets only signed-in people come here
        raise LookupError("nobody is signed in")
    return render_template("home.html", page=home_page(person))


def _http(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    db.session.rollback()
    said = error.description if error.description != type(error).description else ""
    lost = _out_of_order_here() if error.code == 404 and not said else ""
    page, code = error_page(503 if lost else error.code, lost or str(said or ""))
    return page, code, _kept_headers(error)


def _out_of_order_here() -> str:
    """A sentence for an address of a plugin that is on and whose code could not be loaded; empty for any other."""
    person, name = principal(), request.path.strip("/").partition("/")[0]
    if person is None or person.tenant is None or name not in person.tenant.plugins or not registry().is_lost(name):
        return ""
    return out_of_order_words(registry().title(name))


def _kept_headers(error: HTTPException) -> list[tuple[str, str]]:
    return [
        (name, value) for name, value in error.get_headers() if name.lower() not in ("content-type", "content-length")
    ]


def _not_allowed(error: NotAllowed) -> Any:
    db.session.rollback()
    return error_page(409, str(error))


def _stale(_error: StaleDataError) -> Any:
    db.session.rollback()
    return error_page(409)


def _out_of_order(error: Exception) -> Any:
    """A plugin's function that nothing can stand in for failed; it has been counted where it did."""
    db.session.rollback()
    return error_page(503, str(error))


def _busy(error: Exception) -> Any:
    log.warning("The database did not answer in time.", exc_info=error)
    db.session.rollback()
    return error_page(503)
