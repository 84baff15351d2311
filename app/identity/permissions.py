"""Permissions: what is declared, and the sets of role combinations that a process keeps until the version moves."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import current_app

Roles = frozenset[str]
ROLE_NAMES = ("owner", "admin", "manager", "agent", "viewer", "operator")
"""The roles of the core: five inside a tenant, and the operator of the platform outside of all. Those of plugins have
their plugin's name in front (`garage.mechanic`)."""


def is_role(name: str) -> bool:
    """Whether members can have a role of this name: one of every tenant, or one that an installed plugin brings."""
    return name in ROLE_NAMES[:-1] or name in getattr(current_app.extensions.get("tenantry"), "roles", ())


@dataclass(frozen=True, slots=True)
class DeclaredPermission:
    """One permission, `<resource>.<verb>`, and the roles that hold it unless an operator decides otherwise."""

    resource: str
    verb: str
    roles: tuple[str, ...] = ()


LOAD_PERMISSIONS = r"""
    SELECT DISTINCT v.name || '.' || substr(p.name, 5)
    FROM ab_role r
    JOIN ab_permission_view_role g ON g.role_id = r.id
    JOIN ab_permission_view pv ON pv.id = g.permission_view_id
    JOIN ab_permission p ON p.id = pv.permission_id
    JOIN ab_view_menu v ON v.id = pv.view_menu_id
    WHERE r.name = ANY(%(roles)s) AND p.name LIKE 'can\_%%' AND v.name LIKE '%%.%%'
"""


EXTENSION = "tenantry.permissions"


class PermissionCache:
    """Sets by (roles, permission version): a new version is a new key, so nothing ever has to be dropped in time."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._sets: OrderedDict[tuple[Roles, int], frozenset[str]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, roles: Iterable[str], version: int, load: Callable[[Roles], Iterable[str]]) -> frozenset[str]:
        """The permissions of these roles together; `load` is asked only for what this process has not seen yet."""
        names = frozenset(roles)
        if not names:
            return frozenset()
        key = (names, version)
        with self._lock:
            if key in self._sets:
                self._sets.move_to_end(key)
                return self._sets[key]
        found = frozenset(load(names))
        with self._lock:
            self._sets[key] = found
            while len(self._sets) > self._size:
                self._sets.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget everything: for tests that count statements on a cold cache."""
        with self._lock:
            self._sets.clear()


def cache() -> PermissionCache:
    """That of the application at hand: another one of this process has another database, with versions of its own."""
    found: PermissionCache = current_app.extensions[EXTENSION]
    return found
