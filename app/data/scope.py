"""Who is asking, and for which tenant: carried in a context variable beside every statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Via = Literal["screen", "rest", "cli", "job", "import", "system"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant whose rows are visible, and the person and channel that every change is signed with."""

    tenant_id: UUID | None
    actor_id: UUID | None = None
    via: Via = "cli"
    request_id: str | None = None
    job_id: UUID | None = None


class MissingTenant(RuntimeError):
    """A statement on tenant data was sent while no tenant is set."""


class TenantMismatch(RuntimeError):
    """One session was asked to serve two tenants, or to write a row of another one."""


_NOBODY = Scope(None)
_current: ContextVar[Scope] = ContextVar("tenantry_scope", default=_NOBODY)


def current_scope() -> Scope:
    """The scope in force; one without tenant when none was entered."""
    return _current.get()


def current_tenant_id() -> UUID:
    """The tenant in force. Raises `MissingTenant` when none is."""
    tenant_id = _current.get().tenant_id
    if tenant_id is None:
        raise MissingTenant("No tenant is set: enter one with scope(Scope(tenant_id)) before touching tenant data.")
    return tenant_id


def enter_scope(value: Scope) -> Token[Scope]:
    """For request hooks, which cannot use `with`; every call needs its `leave_scope`."""
    return _current.set(value)


def leave_scope(token: Token[Scope]) -> None:
    """Restore the scope that was in force before `enter_scope`."""
    _current.reset(token)


@contextmanager
def scope(value: Scope) -> Iterator[Scope]:
    """Work inside a tenant: `with scope(Scope(tenant_id)): ...`.

    The session of the surrounding application context is closed at both ends, because one session serves one tenant.
    """
    from app.data.session import forget_session

    forget_session()
    token = _current.set(value)
    try:
        yield value
    finally:
        forget_session()
        _current.reset(token)
