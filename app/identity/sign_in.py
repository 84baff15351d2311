"""Checking a name and a password: throttled, and equally slow and equally silent for names nobody has."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from blinker import Signal

from app.identity.passwords import hash_password, is_outdated, password_matches
from app.identity.statements import platform_execute, platform_rows
from app.identity.throttle import TooManyAttemptsError, account_key, address_key, count_attempt, forgive

log = logging.getLogger(__name__)

MAX_NAME = 320
sign_in_refused = Signal("A sign-in with the name of a known account failed; `reason` is `refused` or `locked`.")
"""Receivers must be quick and equally quick for everybody: the time of an answer must not say who exists."""
_FIND = """
SELECT id, password, active FROM ab_user
WHERE email = %(name)s OR username = %(name)s
ORDER BY email = %(name)s DESC LIMIT 1
"""
_SIGNED_IN = """
UPDATE ab_user SET last_login = now() AT TIME ZONE 'UTC', login_count = coalesce(login_count, 0) + 1,
       fail_login_count = 0, password = coalesce(%(password)s, password)
WHERE id = %(id)s
"""


class SignInRefusedError(Exception):
    """The name and password do not belong together, or the account is switched off: the caller cannot tell which."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: int
    password: str | None
    active: bool


def check_credentials(name: str, password: str, address: str) -> int:
    """The id of the account that this e-mail address or user name and this password belong to.

    Raises `SignInRefusedError`, or `TooManyAttemptsError` while the name or the address is locked.
    """
    wanted = normal_name(name)
    candidate = _find(wanted)
    keys = account_key(wanted, candidate.id if candidate else None), address_key(address)
    try:
        count_attempt(*keys)
    except TooManyAttemptsError:
        _signal(candidate, "locked")
        log.warning("sign-in locked: %s from %s", *_logged(candidate, address))
        raise
    matches = password_matches(candidate.password if candidate else None, password)
    if candidate is None or not matches or not candidate.active:
        _signal(candidate, "refused")
        log.warning("sign-in refused: %s from %s", *_logged(candidate, address))
        raise SignInRefusedError
    forgive(*keys)
    renewed = hash_password(password) if is_outdated(candidate.password or "") else None
    platform_execute(_SIGNED_IN, id=candidate.id, password=renewed)
    log.info("signed in: %s from %s", *_logged(candidate, address))
    return candidate.id


def _signal(candidate: _Candidate | None, reason: str) -> None:
    if candidate is not None:
        sign_in_refused.send(account_id=candidate.id, reason=reason)


def _logged(candidate: _Candidate | None, address: str) -> tuple[str, str]:
    """What the log may know: never the name that was typed, which is a password now and then."""
    return (f"account {candidate.id}" if candidate else "an unknown name"), address


def normal_name(name: str) -> str:
    """E-mail addresses and user names are stored and compared in lower case, without surrounding blanks."""
    return name.strip().lower()[:MAX_NAME].replace("\0", "")


def _find(name: str) -> _Candidate | None:
    rows = platform_rows(_FIND, name=name) if name else ()
    return _Candidate(rows[0].id, rows[0].password, bool(rows[0].active)) if rows else None
