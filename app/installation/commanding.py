"""For commands of plugins: work in a tenant as the operator, who sits at the shell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_request_context

from app.data import Scope, current_scope, db, scope
from app.tenancy.models import Tenant
from app.tenancy.services import find_tenant, open_slugs


@contextmanager
def in_tenant(slug: str) -> Iterator[Tenant]:
    """Work in the tenant at an address; what the block did is committed at its end. Only for commands: nothing that a
    request or a job can reach chooses its tenant. Raises LookupError with a sentence, RuntimeError within those."""
    _only_for_commands()
    found = find_tenant(slug)
    if found is None or found.deleted_at is not None:
        raise LookupError(f"There is no tenant “{slug}”.")
    with scope(Scope(found.id, via="cli")):
        try:
            yield db.session.get_one(Tenant, found.id)
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise


def tenant_slugs() -> list[str]:
    """The addresses of all tenants that are not closed, in the order of the alphabet. Only for commands."""
    _only_for_commands()
    return open_slugs()


def _only_for_commands() -> None:
    """A job has no request, and a tenant; a command has neither."""
    if has_request_context() or current_scope().tenant_id is not None:
        raise RuntimeError("What serves a tenant works in that tenant alone: this is for commands.")
