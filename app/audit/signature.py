"""Who did it, and how: taken once for all entries of a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import g, has_request_context, request

from app.data.scope import current_scope
from app.identity.principal import Principal, principal


@dataclass(frozen=True, slots=True)
class Signature:
    """Stands under every entry. Names and addresses are erasable, the rest lasts."""

    via: str
    actor_id: UUID | None = None
    actor_name: str | None = None
    membership_id: UUID | None = None
    token_id: UUID | None = None
    job_id: UUID | None = None
    request_id: str | None = None
    ip: str | None = None


def signature() -> Signature:
    """The signature of who is at work now."""
    scope = current_scope()
    person = _person()
    return Signature(
        via=scope.via,
        actor_id=scope.actor_id or (person.uid if person else None),
        actor_name=person.get_full_name()[:255] or person.email if person else None,
        membership_id=person.membership_id if person else None,
        token_id=person.token_id if person else None,
        job_id=scope.job_id,
        request_id=str(scope.request_id)[:100] if scope.request_id else None,
        ip=request.remote_addr[:64] if has_request_context() and request.remote_addr else None,
    )


def _person() -> Principal | None:
    """Whoever is known already: a public page that has not asked who is there is not made to ask now."""
    if has_request_context() and "tenantry_principal" not in g:
        return None
    return principal()
