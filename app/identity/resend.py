"""What somebody typed survives the end of their session: it comes back after signing in again, to be sent once more.

The values travel through the browser in hidden fields, never through the server's memory, and are sent again only when
the person presses the button. Forms that come from another site are not carried.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import render_template, request

from app.identity.replies import safe_target, sign_in_address
from app.identity.sign_in_page import Page, sign_in_page

FIELD = "typed"
MOST_CHARACTERS = 400_000
_NOT_CARRIED = ("password", "current", "again", "csrf_token")
_HEADERS = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent: where to, and the names and values in order."""

    target: str
    values: tuple[tuple[str, str], ...]
    files: bool = False
    """Whether files were chosen, which a page cannot put back."""

    def packed(self) -> str:
        """For a hidden field."""
        return json.dumps([self.target, self.values, self.files])


def typed_form() -> Typed | None:
    """The form of this request when it may be offered again: sent by one of our own pages, and of a sensible size."""
    if request.method != "POST" or not _from_our_page() or request.headers.get("X-Fragment"):
        return None
    values = tuple((name, value) for name, value in request.form.items(multi=True) if name not in _NOT_CARRIED)
    target = safe_target(request.script_root + request.full_path.rstrip("?"))
    if not values or not target or sum(len(name) + len(value) for name, value in values) > MOST_CHARACTERS:
        return None
    return Typed(target, values, any(file.filename for file in request.files.values()))


def unpacked(packed: str | None) -> Typed | None:
    """Read a hidden field back; None when it is not one of ours."""
    try:
        target, values, files = json.loads(packed or "null")
        found = Typed(safe_target(target), tuple((str(name), str(value)) for name, value in values), bool(files))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return found if found.target else None


def ask_to_sign_in_again(typed: Typed) -> Page:
    """The sign-in page that carries a form along."""
    return sign_in_page(status=401, typed=typed.packed(), action=sign_in_address())


def resend_page(typed: Typed, status: int) -> Page:
    """The page that offers to send a form again, with a fresh CSRF token."""
    return render_template("identity/resend.html", typed=typed), status, _HEADERS


def _from_our_page() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        return urlsplit(source).netloc == request.host
    except ValueError:
        return False
