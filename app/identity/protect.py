"""Protection of the browser: CSRF tokens on every change, and headers that forbid what our pages never do."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, make_response, request, session
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from app.data.bounded import Bounded
from app.identity.access import is_csrf_exempt
from app.identity.cookies import SignedCookies
from app.identity.principal import principal
from app.identity.replies import is_api, problem
from app.identity.resend import resend_page, typed_form
from app.identity.sessions import is_https

csrf = CSRFProtect()

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000; includeSubDomains"


def init_protection(app: Flask) -> None:
    """Must run before Flask-AppBuilder, which looks for the CSRF extension when it makes blueprints."""
    # The check is ours, below: it must come after the caller is known, and answer programs in their own format.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.session_interface = SignedCookies()
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.before_request(check_csrf)
    app.after_request(add_headers)


_signed: Bounded[str, str] = Bounded(10_000)
"""Signed tokens by the browser's own, which last as long as its session."""


def csrf_token() -> str:
    """The token of this request's browser, signed once and used on all its pages."""
    token: str | None = g.get("csrf_token")
    if token is None:
        token = g.csrf_token = _signed.get(session.get("csrf_token", "")) or generate_csrf()
        _signed[session["csrf_token"]] = token
    return token


def check_csrf() -> BaseResponse | None:
    """Refuse an unsafe request that a browser could have been tricked into: all but those that carry an API token."""
    if request.method in ("GET", "HEAD", "OPTIONS") or not current_app.config.get("WTF_CSRF_ENABLED", True):
        return None
    if is_csrf_exempt(current_app, request.endpoint):
        return None
    person = principal()
    if person is not None and person.token_id is not None:
        return None
    try:
        csrf.protect()
    except CSRFError:
        detail = _("This form was opened before you signed in or out. Go back, reload the page and send it again.")
        if is_api():
            detail = _("A change by session cookie needs the header X-CSRFToken. Programs use a token instead.")
            return problem(403, _("Not allowed"), detail, "csrf")
        typed = typed_form() if person is not None else None
        if typed is None:
            raise CSRFError(detail) from None
        return make_response(resend_page(typed, 400))
    return None


def add_headers(response: Response) -> Response:
    """The headers of every response. A view may set a stricter value of its own."""
    set_already = {name.lower() for name, _value in response.headers}
    for name, value in HEADERS.items():
        if name.lower() not in set_already:
            response.headers.add(name, value)
    if is_https():
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    if g.get("tenantry_principal") is not None:
        if response.mimetype == "text/html":
            response.headers["Cache-Control"] = "no-store"
        else:
            response.headers.setdefault("Cache-Control", "private, no-cache")
    return response
