"""What a tenant has configured, cached in the process under the tenant's configuration version.

Custom fields, access rules and plugin states change rarely and are read by every request. A change raises the
version in the same transaction; the next request of any process sees the new number and reads again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import event, update
from sqlalchemy.orm import Session

from app.data.bounded import Bounded
from app.data.scope import current_scope, current_tenant_id
from app.data.session import TenantSession
from app.tenancy.models import Tenant

_cache: Bounded[tuple[UUID, str], tuple[int, Any]] = Bounded(5_000)


class _Tenant(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def config_version(self) -> int: ...


class _Person(Protocol):
    @property
    def tenant(self) -> _Tenant | None: ...


def by_configuration(session: Session, person: _Person | None, name: str, load: Callable[[Session], Any]) -> Any:
    """`load(session)`, remembered for this tenant until its configuration changes; not remembered outside a request."""
    tenant = person.tenant if person is not None else None
    if tenant is None or current_scope().tenant_id not in (None, tenant.id):
        return load(session)
    key = (tenant.id, name)
    known = _cache.get(key)
    if known is None or known[0] != tenant.config_version:
        known = _cache[key] = (tenant.config_version, load(session))
    return known[1]


def configuration_changed(session: Session, tenant_id: UUID | None = None) -> None:
    """Raise the version of a tenant (by default the one in force). The row lock serialises changes of one tenant's
    configuration."""
    statement = update(Tenant).where(Tenant.id == (tenant_id or current_tenant_id()))
    session.execute(statement.values(config_version=Tenant.config_version + 1))


@event.listens_for(TenantSession, "after_flush")
def _notice_changes(session: Session, context: Any) -> None:
    changed = (row for row in session.dirty if session.is_modified(row))  # not what was saved as it stood
    rows = (*session.new, *session.deleted, *changed)
    if any(getattr(type(row), "__config__", False) for row in rows):
        configuration_changed(session)
