"""Checking a name and a password: throttled, and equally slow and equally silent for names nobody has."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import NamedTuple

from app.identity.admission import admit
from app.identity.names import normal_name
from app.identity.passwords import hash_password, is_outdated, password_matches
from app.identity.refusal import SignInRefusedError, sign_in_refused
from app.identity.statements import platform_execute, platform_rows
from app.identity.throttle import TooManyAttemptsError, account_key, address_key, count_attempt, forgive
from app.identity.ways import DIRECTORY, PASSWORD, ways

log = logging.getLogger(__name__)

_FIND = """
SELECT u.id, u.password, u.active,
       EXISTS (SELECT FROM account_identity i WHERE i.account_id = u.id AND i.issuer = %(directory)s) AS in_directory
FROM ab_user u
WHERE u.email = %(name)s OR u.username = %(name)s
ORDER BY u.email = %(name)s DESC LIMIT 1
"""
_SIGNED_IN = """
UPDATE ab_user SET last_login = now() AT TIME ZONE 'UTC', login_count = coalesce(login_count, 0) + 1,
       fail_login_count = 0, password = coalesce(%(password)s, password)
WHERE id = %(id)s
"""


class Admitted(NamedTuple):
    """Somebody who may come in, and by which way they did."""

    account_id: int
    way: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: int
    password: str | None
    active: bool
    in_directory: bool


def check_credentials(name: str, password: str, address: str) -> Admitted:
    """The account that this e-mail address or user name and this password belong to, by our word or the directory's.

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
    admitted = _by_password(candidate, password) or _by_directory(wanted, password)
    if admitted is None:
        _signal(candidate, "refused")
        log.warning("sign-in refused: %s from %s", *_logged(candidate, address))
        raise SignInRefusedError
    forgive(*keys)
    renewed = None
    if admitted.way == PASSWORD and candidate is not None and is_outdated(candidate.password or ""):
        renewed = hash_password(password)
    note_sign_in(admitted, address, renewed)
    return admitted


def note_sign_in(admitted: Admitted, address: str, renewed: str | None = None) -> None:
    """Write down that somebody came in; `renewed` is a new hash of their password."""
    platform_execute(_SIGNED_IN, id=admitted.account_id, password=renewed)
    log.info("signed in: account %s by %s from %s", admitted.account_id, admitted.way, address)


def _by_password(candidate: _Candidate | None, password: str) -> Admitted | None:
    """By a password of our own; one whom the directory vouches for has none, or leaving it would change nothing."""
    own = ways().passwords and candidate is not None and not candidate.in_directory
    matches = password_matches(candidate.password if candidate and own else None, password)
    return Admitted(candidate.id, PASSWORD) if candidate and matches and candidate.active else None


def _by_directory(name: str, password: str) -> Admitted | None:
    directory = ways().directory
    if directory is None or not password or not name:
        return None
    identity = directory.ask(name, password)
    return Admitted(admit(identity), DIRECTORY) if identity else None


def _signal(candidate: _Candidate | None, reason: str) -> None:
    if candidate is not None:
        sign_in_refused.send(account_id=candidate.id, reason=reason)


def _logged(candidate: _Candidate | None, address: str) -> tuple[str, str]:
    """What the log may know: never the name that was typed, which is a password now and then."""
    return (f"account {candidate.id}" if candidate else "an unknown name"), address


def _find(name: str) -> _Candidate | None:
    directory = ways().directory
    rows = platform_rows(_FIND, name=name, directory=directory.issuer if directory else "") if name else ()
    return _Candidate(rows[0].id, rows[0].password, bool(rows[0].active), rows[0].in_directory) if rows else None
