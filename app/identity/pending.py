"""Sign-ins that have begun and not ended: a row each, taken once, forgotten after minutes."""

from __future__ import annotations

from typing import Any

from app.identity.statements import platform_rows
from app.identity.tokens import new_session_token, token_hash

MINUTES = 15
_BEGIN = """
WITH old AS (DELETE FROM pending_sign_in WHERE expires_at < now())
INSERT INTO pending_sign_in (token_hash, browser_hash, way, account_id, nonce, verifier, target, typed, expires_at)
VALUES (%(token)s, %(browser)s, %(way)s, %(account_id)s, %(nonce)s, %(verifier)s, %(target)s, %(typed)s,
        now() + %(minutes)s * interval '1 minute')
RETURNING expires_at
"""
_TAKE = """
DELETE FROM pending_sign_in
WHERE token_hash = %(token)s AND browser_hash = %(browser)s AND way = %(way)s AND expires_at > now()
RETURNING account_id, nonce, verifier, target, typed
"""


def begin(
    way: str,
    *,
    browser: str = "",
    account_id: int | None = None,
    nonce: str = "",
    verifier: str = "",
    target: str = "",
    typed: str = "",
) -> str:
    """Note that a sign-in begins, and return its token. `browser`: a secret that only this browser holds."""
    token = new_session_token()
    platform_rows(
        _BEGIN,
        token=token_hash(token),
        browser=token_hash(browser) if browser else "",
        way=way,
        account_id=account_id,
        nonce=nonce,
        verifier=verifier,
        target=target,
        typed=typed,
        minutes=MINUTES,
    )
    return token


def take(token: str, way: str, browser: str = "") -> Any:
    """What was noted, with account_id, nonce, verifier, target and typed; None when there is no such thing any more."""
    rows = platform_rows(_TAKE, token=token_hash(token), browser=token_hash(browser) if browser else "", way=way)
    return rows[0] if rows else None
