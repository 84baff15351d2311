"""Every refusal of the API as a problem document (RFC 9457), in words a person can act on and a code a program can."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Flask, Response, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.host.faults import note_request_fault
from app.host.guarding import HookBroke, HookFailed
from app.identity.replies import is_api
from app.screens.reading import BadArguments
from app.screens.rest.jsons import to_json
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed
from app.screens.writing.saving import error_paths

log = logging.getLogger(__name__)

MIMETYPE = "application/problem+json"
_TITLES: Mapping[int, Any] = {
    301: _l("Merged into another record"),
    400: _l("The request cannot be read"),
    401: _l("Not signed in"),
    403: _l("Not allowed"),
    404: _l("Not found"),
    405: _l("This method is not possible here"),
    409: _l("In conflict with what is stored"),
    410: _l("Merged into another record"),
    412: _l("The record has changed"),
    413: _l("The request is too large"),
    415: _l("This media type is not understood"),
    422: _l("Some values cannot be used"),
    429: _l("Too many requests"),
    500: _l("Something went wrong"),
    503: _l("Please try again"),
}


def title_of(status: int) -> str:
    """What a status means, in the reader's language."""
    return str(_TITLES.get(status, _TITLES[400]))


class Problem(Exception):
    """A refusal on its way out. `errors` are sentences by field or argument; `extra` adds members to the document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self) -> Response:
        """The document, with the request's id for whoever looks it up in the log."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": title_of(self.status),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            body["errors"] = self.errors
        body |= self.extra
        body["request_id"] = g.get("request_id") or request.environ.get("tenantry.request_id")
        response = Response(to_json(body), self.status, mimetype=MIMETYPE)
        response.headers.update(self.headers)
        return response


def invalid(errors: Mapping[str, str], **extra: Any) -> Problem:
    """422: some values or arguments cannot be used."""
    general = errors.get("", "")
    named = {name or "body": words for name, words in errors.items()}
    return Problem(422, "invalid", general or _("Please look at “errors”."), named, **extra)


def missing() -> Problem:
    """404: not there, or out of this person's reach; the two look the same."""
    return Problem(404, "not_found", _("There is no such record."))


def merged(survivor: UUID | None, address: str) -> Problem:
    """Where the record that was asked for is now: 301 for whoever reads it, 410 for whoever would change it, or may
    not see the one that stayed. Nothing may keep the answer, because a merge can be undone."""
    words = _("This record was merged into another one.")
    extra = {} if survivor is None else {"merged_into": survivor}
    if survivor is None or request.method not in ("GET", "HEAD"):
        return Problem(410, "merged", words, headers={"Cache-Control": "no-store"}, **extra)
    return Problem(301, "merged", words, headers={"Location": address, "Cache-Control": "no-store"}, **extra)


def in_doubt(doubts: Doubts, **extra: Any) -> Problem:
    """409: may be saved once the caller has confirmed."""
    warnings = [{"code": one.code, "message": str(one.message), "href": one.href} for one in doubts.warnings]
    detail = _("Please look at “warnings”. To save all the same, send the request again with ?confirm=1.")
    return Problem(409, "confirm", detail, warnings=warnings, confirm="?confirm=1", **extra)


def problem_of(error: Exception) -> Problem:
    """Any exception as a problem. What nobody foresaw becomes a 500 that says nothing of its cause: the log has it."""
    match error:
        case Problem():
            return error
        case BadArguments():
            return invalid(error.errors)
        case Invalid():
            return invalid(error_paths(error.submission))
        case Conflict() | StaleDataError():
            return Problem(409, "conflict", _("Somebody else has just changed this record. Read it again."))
        case Doubts():
            return in_doubt(error)
        case NotAllowed():
            return Problem(409, "refused", str(error))
        case HTTPException():
            return _of_http(error)
        case HookFailed() | HookBroke():
            return Problem(503, "out_of_order", str(error))
    return _of_database(error) or _unforeseen(error)


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    headers = {"Allow": ", ".join(sorted(error.valid_methods or ()))} if isinstance(error, MethodNotAllowed) else {}
    words = {
        404: _("There is nothing at this address."),
        405: _("Possible here: %(methods)s.", methods=headers.get("Allow", "")),
        413: _("Please send less at once."),
    }
    detail = words.get(status) or _("The server could not understand this request.")
    return Problem(status, _CODES.get(status, "http"), detail, headers=headers)


_CODES = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def _of_database(error: Exception) -> Problem | None:
    match error:
        case IntegrityError():
            return Problem(409, "conflict", _("This is in conflict with another record."))
        case DataError():
            return Problem(422, "invalid", _("The database cannot store one of these values."))
        case OperationalError() | PoolTimeout():
            log.warning("The database did not answer in time.", exc_info=error)
            return Problem(503, "busy", _("The server is busy. Try again shortly."), headers={"Retry-After": "2"})
    return None


def _unforeseen(error: Exception) -> Problem:
    log.error("Unforeseen error in the API.", exc_info=error)
    note_request_fault(error)
    return Problem(500, "unforeseen", _("The error was noted. If it stays, give the administrator the request id."))


def init_problems(app: Flask) -> None:
    """Answer errors outside the resources' own views, such as unknown addresses below /api/, in the same format.

    Flask prefers a handler of one status over one of all, whoever registers it; so this stands before its choice.
    """
    others: Any = app.handle_user_exception

    def handle(error: Exception) -> Any:
        return problem_of(error).response() if is_api() else others(error)

    app.handle_user_exception = handle  # type: ignore[method-assign,assignment]
