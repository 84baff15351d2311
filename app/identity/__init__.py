"""People who sign in: accounts, sessions, tokens, roles and permissions, and the door of every request."""

from app.identity.access import access, without_csrf
from app.identity.permissions import DeclaredPermission
from app.identity.principal import Principal, TenantInfo, acting_as, principal

__all__ = ["DeclaredPermission", "Principal", "TenantInfo", "access", "acting_as", "principal", "without_csrf"]
