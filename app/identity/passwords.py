"""Hashing and judging passwords."""

from __future__ import annotations

import threading

from flask import current_app, has_app_context
from flask_babel import gettext as _
from werkzeug.security import check_password_hash, generate_password_hash

STRONG_METHOD = "scrypt:131072:8:1"
MIN_LENGTH = 10
MAX_LENGTH = 256
# Each hash takes 128 MB for a moment: a burst of sign-ins must queue instead of exhausting the machine.
_hashing = threading.BoundedSemaphore(2)
_COMMON = frozenset(
    "1234567890 0123456789 12345678910 123456789a 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwerty12345 password12 password123"
    " password1234 passw0rd123 administrator changeme123 letmein1234 welcome1234 iloveyou123 abcdefghij 1111111111"
    " 0000000000 aaaaaaaaaa asdfghjkl1 zaq12wsxcde q1w2e3r4t5 football123 tenantry123 qwertyuiop1 1234567891"
    " superman123 princess123 sunshine123 trustno1234 0987654321 9876543210 asdfghjkl; qazwsxedcrfv".split()
)


def hash_method() -> str:
    """The method for new hashes: the configuration's, scrypt with N=2^17 by default."""
    configured = current_app.config.get("FAB_PASSWORD_HASH_METHOD") if has_app_context() else None
    return str(configured or STRONG_METHOD)


def hash_password(password: str) -> str:
    """The salted hash that is stored."""
    with _hashing:
        return generate_password_hash(password, method=hash_method(), salt_length=16)


def password_matches(stored: str | None, password: str) -> bool:
    """Compare in the same time whether or not there is a hash to compare with."""
    # An account without password takes as long as one with: the decoy has the cost of a real hash and matches nothing.
    decoy = f"{hash_method()}$aaaaaaaaaaaaaaaa$00"
    usable = stored is not None and stored.startswith(("scrypt:", "pbkdf2:")) and stored.count("$") == 2
    with _hashing:
        matches = check_password_hash(stored if stored is not None and usable else decoy, password)
    return matches and usable and bool(password.strip("\0"))


def is_outdated(stored: str) -> bool:
    """True when the hash was made with other parameters than new hashes are."""
    return not stored.startswith(hash_method() + "$")


def password_problem(password: str, *names: str) -> str | None:
    """Why this password is refused, in words for the person who typed it; None when it is fine.

    names: e-mail address and user name, which may not be the password.
    """
    if "\0" in password:
        return str(_("The password contains a character that cannot be typed. Choose another one."))
    if len(password) < MIN_LENGTH:
        return str(_("The password is too short. Use at least %(n)s characters.", n=MIN_LENGTH))
    if len(password) > MAX_LENGTH:
        return str(_("The password is too long. Use at most %(n)s characters.", n=MAX_LENGTH))
    folded = password.casefold().strip()
    own = {part for name in names for part in (name.casefold(), name.casefold().partition("@")[0]) if part}
    if folded in own:
        return str(_("The password may not be your e-mail address or user name."))
    if folded in _COMMON or len(set(folded)) < 4:
        return str(_("This password is among the first that are guessed. Choose another one."))
    return None
