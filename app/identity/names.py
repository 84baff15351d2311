"""How the names by which people sign in are compared."""

from __future__ import annotations

MAX_NAME = 320


def normal_name(name: str) -> str:
    """E-mail addresses and user names are stored and compared in lower case, without surrounding blanks."""
    return name.strip().lower()[:MAX_NAME].replace("\0", "")
