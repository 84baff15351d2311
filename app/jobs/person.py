"""In whose name a job runs, looked up once in a while and not for every job."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from app.data import current_scope, current_tenant_id, db
from app.features.gate import work_refused
from app.identity.acting import find_acting
from app.identity.principal import Principal, acting_as
from app.identity.who import Who
from app.tenancy.models import Membership

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


def member_now(member_id: UUID) -> Principal | None:
    """A member with the rights of this moment; None for one who has left, or may not sign in any more."""
    member = db.session.get(Membership, member_id)
    if member is None or not member.is_active or member.left_at is not None:
        return None
    found = acting_for(member.account_uid, current_tenant_id(), fresh=True).principal
    return found if found is not None and found.membership_id == member.id else None


@contextmanager
def as_member(member_id: UUID) -> Iterator[None]:
    """Work as a member, where no request says who asks: within their rights of this moment, on their clock. Raises
    LookupError for one who has left, or may not sign in any more."""
    person = member_now(member_id)
    if person is None:
        raise LookupError(f"{member_id} is no member at work.")
    with acting_as(person):
        yield


def refused_here(name: str) -> str | None:
    """Why work of this name (`garage.wash`) cannot be done in the tenant in force, in words; None when it can. As old
    as `acting_for`, but a refusal is never given without looking again."""
    for fresh in (False, True):
        tenant = acting_for(current_scope().actor_id, current_tenant_id(), fresh=fresh).tenant
        reason = None if tenant is None else work_refused(name, tenant)
        if reason is None:
            return None
    return reason


def forget_people() -> None:
    """Look everybody up again."""
    _known.clear()
