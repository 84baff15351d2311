"""Sign-in throttling that holds across processes, machines and restarts: counters in PostgreSQL.

Every attempt is counted before the password is looked at, so a hundred parallel guesses are counted as a hundred. A few
attempts are free; after that each one locks the key for twice as long, up to a quarter of an hour. Keys are the account
(or the name that was typed, if no account has it: the door behaves the same) and the address of the caller.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from flask import current_app, has_app_context

from app.identity.statements import platform_execute, platform_rows


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are free, and how long the first and the longest lock last (seconds)."""

    free: int
    first_lock: int = 5
    longest_lock: int = 900


PER_ACCOUNT = Limit(free=5)
PER_ADDRESS = Limit(free=60)
FORGET_AFTER = "1 hour"

_COUNT = f"""
INSERT INTO sign_in_throttle AS t (key, attempts, last_at, locked_until, refused)
VALUES (%(key)s, 1, now(), NULL, false)
ON CONFLICT (key) DO UPDATE SET
    refused = coalesce(t.locked_until > now(), false),
    attempts = CASE WHEN t.locked_until > now() THEN t.attempts
                    WHEN t.last_at < now() - interval '{FORGET_AFTER}' THEN 1
                    ELSE t.attempts + 1 END,
    last_at = CASE WHEN t.locked_until > now() THEN t.last_at ELSE now() END,
    locked_until = CASE
        WHEN t.locked_until > now() THEN t.locked_until
        WHEN t.last_at < now() - interval '{FORGET_AFTER}' OR t.attempts + 1 < %(free)s THEN NULL
        ELSE now() + interval '1 second' * least(
            %(longest)s, %(first)s * power(2, least(t.attempts + 1 - %(free)s, 20))) END
RETURNING t.refused, greatest(1, ceil(extract(epoch FROM t.locked_until - now())))::int AS wait
"""
_FORGIVE_ADDRESS = """
UPDATE sign_in_throttle
SET attempts = greatest(attempts - 1, 0),
    locked_until = CASE WHEN attempts - 1 < %(free)s THEN NULL ELSE locked_until END
WHERE key = %(key)s
"""


class TooManyAttemptsError(Exception):
    """The door is closed for this name or address; `wait` says for how many seconds."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(f"Too many sign-in attempts; wait {wait} seconds.")


def account_key(name: str, account_id: int | None) -> str:
    """One counter for an account whichever of its names is typed."""
    if account_id is not None:
        return f"account:{account_id}"
    return "name:" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def address_key(address: str) -> str:
    """One counter for an IPv4 address, and for the /64 network that an IPv6 customer owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if parsed.version == 6:
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"


def count_attempt(account: str, address: str) -> None:
    """Count one attempt against both keys. Raises `TooManyAttemptsError` when either is locked."""
    count_arrival(address)
    _count(account, PER_ACCOUNT)


def count_arrival(address: str) -> None:
    """Count one attempt of somebody who names no account here. Raises `TooManyAttemptsError`."""
    _count(address, per_address())


def _count(key: str, limit: Limit) -> None:
    row = platform_rows(_COUNT, key=key, free=limit.free, first=limit.first_lock, longest=limit.longest_lock)[0]
    if row.refused:
        raise TooManyAttemptsError(row.wait)


def forgive(account: str, address: str) -> None:
    """After a right password: the account starts afresh, the address gets this one attempt back.

    The address is not cleared, or somebody with one good account could guess at all others for ever.
    """
    platform_execute("DELETE FROM sign_in_throttle WHERE key = %(key)s", key=account)
    forgive_address(address)


def forgive_address(address: str) -> None:
    """After a sign-in that went well: the address gets one attempt back, and old counters go."""
    platform_execute(_FORGIVE_ADDRESS, key=address, free=per_address().free)
    platform_execute("DELETE FROM sign_in_throttle WHERE last_at < now() - interval '1 day'")


def per_address() -> Limit:
    """The limit for one address; `SIGN_IN_ATTEMPTS_PER_ADDRESS` raises it for big offices behind one address."""
    free = current_app.config.get("SIGN_IN_ATTEMPTS_PER_ADDRESS") if has_app_context() else None
    return Limit(free=int(free)) if free else PER_ADDRESS
