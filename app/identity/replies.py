"""Refusals at the door: problem documents for the API (RFC 9457), pages for people."""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

from flask import Response, abort, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.tenancy.paths import ROOT

API_ROOT = "/api/"


def is_api() -> bool:
    """Whether the caller is a program: everything below `/api/`."""
    return request.path.startswith(API_ROOT)


def problem(status: int, title: str, detail: str, code: str, **headers: str) -> Response:
    """A problem document. `code` is stable and for programs, the texts are for people."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request.environ.get("tenantry.request_id"),
    }
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def ask_to_sign_in() -> BaseResponse:
    """401 for programs; for people the sign-in page, which leads back here when the request was a GET."""
    if is_api():
        return problem(
            401,
            _("Not signed in"),
            _("Send a token: Authorization: Bearer tnt_…"),
            "not_signed_in",
            WWW_Authenticate='Bearer realm="tenantry"',
        )
    target = ""
    if request.method in ("GET", "HEAD"):
        target = request.script_root + request.full_path.rstrip("?")
    return redirect(sign_in_address(target), 303)


def sign_in_address(target: str = "") -> str:
    """The address of the sign-in page, outside any tenant."""
    address = f"{request.environ.get(ROOT, '')}/login/"
    return f"{address}?next={quote(target, safe='/')}" if safe_target(target) not in ("", "/") else address


def not_found() -> BaseResponse:
    """The answer inside a tenant that does not exist or that the caller does not belong to: the two look the same."""
    if not is_api():
        abort(404)
    return problem(404, _("Not found"), _("There is nothing at this address."), "not_found")


def unavailable(reason: str) -> BaseResponse:
    """What is there and on does not work now, through no fault of the caller's."""
    if not is_api():
        abort(503, description=reason)
    return problem(503, _("Out of order"), reason, "unavailable")


def forbidden(reason: str = "") -> BaseResponse:
    """The caller is known and may not do this."""
    detail = reason or _("You may not do this. Ask an administrator for the permission.")
    if not is_api():
        abort(403, description=detail)
    return problem(403, _("Not allowed"), detail, "forbidden")


def safe_target(target: str | None) -> str:
    """A path on this site to go on to after signing in, or an empty string for anything else."""
    text = (target or "").strip()
    if not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 2000:
        return ""
    if "\\" in text or any(ord(letter) < 33 or letter == "\x7f" for letter in text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else text
