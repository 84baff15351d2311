"""Who may show and send to a public form: the websites that it names, in frames and by forms of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import make_response, request

from app.sdk import utcnow
from plugins.crm.models import CaptureForm


def sites_of(form: CaptureForm) -> list[str]:
    """The websites that a form names, as browsers name them."""
    return (form.allowed_origins or "").splitlines()


def origin() -> str:
    """The website whose page sent this request, if a browser says so."""
    return request.headers.get("Origin", "").rstrip("/").casefold()


def is_of_site(form: CaptureForm) -> bool:
    """Was this sent by a page of one of the form's websites?"""
    return origin() in sites_of(form)


def token_of_site() -> str:
    """In place of the moment at which a form was opened, which pages of other websites do not know: the same answers
    from one address within an hour are a second click."""
    return f"{origin()} {request.remote_addr} {utcnow():%Y-%m-%d %H}"


def cross_origin(form: CaptureForm) -> dict[str, str] | None:
    """The headers by which a browser lets an allowed website in; None for one that is not. Programs name no origin."""
    found = origin()
    if not found or found == request.host_url.rstrip("/").casefold():
        return {"Vary": "Origin"}
    if found not in sites_of(form):
        return None
    return {
        "Access-Control-Allow-Origin": request.headers["Origin"],
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "600",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Origin",
    }


def with_policy(
    form: CaptureForm, answer: Any, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Any:
    """Nothing may be loaded but what is ours; the form may lead on to the page that it names, and stand in frames of
    the websites that it names, and nowhere else."""
    response = make_response(answer)
    response.status_code = status or response.status_code
    onward = ""
    if form.redirect_url:
        parts = urlsplit(form.redirect_url)
        onward = f" {parts.scheme}://{parts.netloc}"
    around = " ".join(sites_of(form)) or "'none'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors {around}; "
        f"form-action 'self'{onward}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers or {})
    return response
