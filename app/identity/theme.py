"""Light or dark: the device's way, or the one that this browser was told. A cookie, for a screen is no person."""

from __future__ import annotations

from typing import Literal

from flask import request
from werkzeug.wrappers import Response

from app.identity.sessions import is_https

COOKIE = "theme"
_A_YEAR = 365 * 24 * 3600
Theme = Literal["", "light", "dark"]


def chosen_theme() -> Theme:
    """What this browser wants; nothing for what the device says. The page is printed with it, so nothing flashes."""
    return known_theme(request.cookies.get(COOKIE, ""))


def known_theme(name: str) -> Theme:
    """The theme called so; nothing for any other word."""
    return "light" if name == "light" else "dark" if name == "dark" else ""


def keep_theme(response: Response, theme: Theme) -> None:
    """Let the browser remember it for all its tenants."""
    if theme:
        response.set_cookie(COOKIE, theme, max_age=_A_YEAR, path="/", secure=is_https(), httponly=True, samesite="Lax")
    else:
        response.delete_cookie(COOKIE, path="/", secure=is_https(), httponly=True, samesite="Lax")
