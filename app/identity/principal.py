"""Who is asking: one frozen value per request, good for Flask-Login, Flask-AppBuilder and ourselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from flask import g, has_request_context


@dataclass(frozen=True, slots=True)
class TenantInfo:
    """What a request needs to know of its tenant."""

    id: UUID
    slug: str
    name: str
    status: str
    locale: str
    timezone: str
    currency: str
    country: str
    config_version: int
    plugins: frozenset[str]
    """Keys of the plugins that are switched on, those included that may only be read."""
    read_only: frozenset[str] = frozenset()
    """Keys of the plugins whose records may be read and not changed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant that somebody may enter."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, or a token acting for one, inside one tenant or none."""

    account_id: int
    uid: UUID
    username: str
    email: str
    first_name: str
    last_name: str
    locale: str
    timezone: str
    is_operator: bool
    session_id: UUID | None = None
    token_id: UUID | None = None
    scopes: frozenset[str] | None = None
    """What the API token is limited to; None for a session, which is not limited."""
    tenant: TenantInfo | None = None
    membership_id: UUID | None = None
    is_owner: bool = False
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()
    """Full names such as `contacts.contact.read`, already narrowed by the token's scopes."""
    theme: str = ""
    """`light` or `dark`, empty to follow the device."""
    unread: int = 0
    """Notifications that a signed-in member has not read, counted up to 100."""
    places_json: str = "[]"
    """The tenants this person belongs to, as `[[slug, name], ...]`: every request carries it, few look inside."""

    desk_json: str = "{}"
    """How this person has arranged their work in the tenant; `app.screens.desk` reads it."""
    way: str = ""
    """By which way this session began (see `app.identity.ways`); empty for a token."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The tenants this person belongs to, by name (at most 50): for the tenant switcher."""
        return tuple(Place(slug, name) for slug, name in json.loads(self.places_json))

    def may(self, resource: str, verb: str) -> bool:
        """Whether a role of this person allows the verb on the resource (`contacts.contact`, `update`)."""
        return f"{resource}.{verb}" in self.permissions

    @property
    def id(self) -> int:
        """The account's internal key: what Flask-AppBuilder reads from `g.user`."""
        return self.account_id

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_active(self) -> bool:
        return True

    @property
    def active(self) -> bool:
        return True

    @property
    def is_anonymous(self) -> bool:
        return False

    @property
    def groups(self) -> tuple[str, ...]:
        return ()

    def get_id(self) -> str:
        """For Flask-Login, which is never told to remember it: the session row is the only memory."""
        return str(self.account_id)

    def get_full_name(self) -> str:
        """First and last name as people read it."""
        return f"{self.first_name} {self.last_name}".strip()

    def __str__(self) -> str:
        return self.get_full_name()


_acting: ContextVar[Principal | None] = ContextVar("tenantry_principal", default=None)


def principal() -> Principal | None:
    """Who is asking: of this request, or of the surrounding `acting_as` block; None for nobody."""
    acting = _acting.get()
    if acting is not None:
        return acting
    if not has_request_context():
        return None
    if "tenantry_principal" not in g:
        # A public view: nobody has asked until now, and most (assets, probes) never do.
        g.tenantry_principal = None
        g.tenantry_principal = g.tenantry_identify() if "tenantry_identify" in g else None
    found: Principal | None = g.tenantry_principal
    return found


@contextmanager
def acting_as(someone: Principal | None) -> Iterator[None]:
    """Work in somebody's name outside a request: jobs, commands and tests."""
    token = _acting.set(someone)
    try:
        yield
    finally:
        _acting.reset(token)
