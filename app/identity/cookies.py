"""Flask's signed cookie, whose signature each process checks once.

It holds a language and the browser's CSRF token, and comes with every request; nobody is signed in by it.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from app.data.bounded import Bounded

_TRUST_SECONDS = 3_600.0
"""A cookie's age is looked at again so often."""


class SignedCookies(SecureCookieSessionInterface):
    """Sessions in a cookie. A cookie is told by its whole text, so another one is always checked."""

    def __init__(self) -> None:
        self._known: Bounded[tuple[Any, str], tuple[float, str]] = Bounded(10_000)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the request's cookie; an empty one when there is none, or one that nobody signed."""
        key = (app.secret_key, request.cookies.get(self.get_cookie_name(app), ""))
        until, content = self._known.get(key, (0.0, ""))
        if until > time.monotonic():
            return self.session_class(self.serializer.loads(content))
        opened = super().open_session(app, request)
        if opened:
            self._known[key] = time.monotonic() + _TRUST_SECONDS, self.serializer.dumps(dict(opened))
        return opened
