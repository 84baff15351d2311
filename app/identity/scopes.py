"""Scopes of API tokens: what they may look like, and how they narrow a set of permissions."""

from __future__ import annotations

import re
from collections.abc import Iterable

EVERYTHING = "*"
READ_ONLY = "read"
_PATTERN = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?\.([a-z][a-z0-9_]*|\*)")


def is_scope(text: str) -> bool:
    """`*`, `read`, `contacts.*`, `contacts.contact.*` or `contacts.contact.update`."""
    return text in (EVERYTHING, READ_ONLY) or (len(text) <= 200 and bool(_PATTERN.fullmatch(text)))


def narrow(permissions: frozenset[str], scopes: Iterable[str]) -> frozenset[str]:
    """The permissions that at least one scope covers. No scope covers nothing."""
    wanted = frozenset(scopes)
    if EVERYTHING in wanted:
        return permissions
    starts = tuple(scope[:-1] for scope in wanted if scope.endswith(".*"))
    return frozenset(
        name
        for name in permissions
        if name in wanted or (starts and name.startswith(starts)) or (READ_ONLY in wanted and name.endswith(".read"))
    )
