"""Random tokens and their hashes. With 256 random bits there is nothing to guess, so a plain SHA-256 is enough."""

from __future__ import annotations

import hashlib
import secrets

API_TOKEN_PREFIX = "tnt_"  # noqa: S105
SHOWN_CHARACTERS = 12


def new_session_token() -> str:
    """A token for the session cookie."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """A token for `Authorization: Bearer`; its prefix lets secret scanners recognise it."""
    return API_TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token (hexadecimal SHA-256)."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
