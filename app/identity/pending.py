"""Sign-ins that have begun and not ended: a row each, taken once, forgotten after minutes."""

from __future__ import annotations

import json
from typing import Any

from app.identity.statements import platform_execute, platform_rows
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
RETURNING account_id, nonce, verifier, target, typed, vouched
"""
_NONCE = """
SELECT nonce FROM pending_sign_in
WHERE token_hash = %(token)s AND way = %(way)s AND vouched IS NULL AND expires_at > now()
"""
_VOUCH = """
UPDATE pending_sign_in SET vouched = %(vouched)s::jsonb
WHERE token_hash = %(token)s AND way = %(way)s AND vouched IS NULL AND expires_at > now()
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
    """What was noted (account_id, nonce, verifier, target, typed, vouched); None when there is none of it any more."""
    rows = platform_rows(_TAKE, token=token_hash(token), browser=token_hash(browser) if browser else "", way=way)
    return rows[0] if rows else None


def nonce_of(token: str, way: str) -> str | None:
    """What the answer to a sign-in must name; None when none is waited for: there is no such thing, or it has come."""
    rows = platform_rows(_NONCE, token=token_hash(token), way=way)
    return str(rows[0].nonce) if rows else None


def vouch(token: str, way: str, **who: str) -> None:
    """Keep what a provider said, verified, until the browser that began takes it. The first answer counts."""
    platform_execute(_VOUCH, token=token_hash(token), way=way, vouched=json.dumps(who))
