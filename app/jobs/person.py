"""In whose name a job runs, looked up once in a while and not for every job."""

from __future__ import annotations

import time
from uuid import UUID

from app.identity.acting import find_acting
from app.identity.who import Who

FRESH_SECONDS = 10.0
_MOST = 2_000
_known: dict[tuple[UUID | None, UUID], tuple[float, Who]] = {}


def acting_for(account: UUID | None, tenant: UUID, *, fresh: bool = False) -> Who:
    """The tenant and the member that a job works for, at most ten seconds old; as it is now with `fresh`."""
    key = (account, tenant)
    found = None if fresh else _known.get(key)
    if found is None or found[0] < time.monotonic():
        if len(_known) > _MOST:
            _known.clear()
        found = _known[key] = time.monotonic() + FRESH_SECONDS, find_acting(account, tenant)
    return found[1]


def forget_people() -> None:
    """Look everybody up again."""
    _known.clear()
