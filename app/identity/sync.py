"""The permission sync: makes the database know every declared permission and role. A command, never part of start-up.

    tenantry sync

Idempotent, a handful of set-based statements whatever the number of resources, and safe when two run at once. It
applies the difference between what the code declared last time and what it declares now, so a permission that an
operator gave or took on the role screen stays as it is; resources that this process does not know are not touched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.data import platform_session
from app.identity.permissions import ROLE_NAMES, DeclaredPermission

log = logging.getLogger(__name__)

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('tenantry.permission_sync'))"
_ROLES = """
    INSERT INTO ab_role (id, name)
    SELECT nextval('ab_role_id_seq'), wanted.name FROM unnest(CAST(:roles AS text[])) AS wanted(name)
    WHERE NOT EXISTS (SELECT FROM ab_role r WHERE r.name = wanted.name)
"""
_LOST_ROLES = """
    DELETE FROM ab_role
    WHERE split_part(name, '.', 1) = ANY(CAST(:plugins AS text[])) AND name LIKE '%.%'
      AND NOT name = ANY(CAST(:roles AS text[]))
"""
_VERSION = "INSERT INTO permission_version (id, version) VALUES (1, 1) ON CONFLICT (id) DO NOTHING"
_PERMISSIONS = """
    INSERT INTO ab_permission (id, name)
    SELECT nextval('ab_permission_id_seq'), wanted.name
    FROM (SELECT DISTINCT 'can_' || verb FROM unnest(CAST(:verbs AS text[])) AS v(verb)) AS wanted(name)
    WHERE NOT EXISTS (SELECT FROM ab_permission p WHERE p.name = wanted.name)
"""
_VIEWS = """
    INSERT INTO ab_view_menu (id, name)
    SELECT nextval('ab_view_menu_id_seq'), wanted.name
    FROM (SELECT DISTINCT resource FROM unnest(CAST(:resources AS text[])) AS r(resource)) AS wanted(name)
    WHERE NOT EXISTS (SELECT FROM ab_view_menu v WHERE v.name = wanted.name)
"""
_PAIRS = """
    INSERT INTO ab_permission_view (id, permission_id, view_menu_id)
    SELECT nextval('ab_permission_view_id_seq'), p.id, v.id
    FROM unnest(CAST(:resources AS text[]), CAST(:verbs AS text[])) AS wanted(resource, verb)
    JOIN ab_permission p ON p.name = 'can_' || wanted.verb
    JOIN ab_view_menu v ON v.name = wanted.resource
    WHERE NOT EXISTS (
        SELECT FROM ab_permission_view pv WHERE pv.permission_id = p.id AND pv.view_menu_id = v.id)
"""
_GRANT = """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:g_resources AS text[]), CAST(:g_verbs AS text[]), CAST(:g_roles AS text[]))
            AS w(resource, verb, role)
    ), fresh AS (
        INSERT INTO declared_grant (resource, verb, role)
        SELECT resource, verb, role FROM wanted
        ON CONFLICT DO NOTHING RETURNING resource, verb, role
    )
    INSERT INTO ab_permission_view_role (id, permission_view_id, role_id)
    SELECT nextval('ab_permission_view_role_id_seq'), pv.id, r.id
    FROM fresh
    JOIN ab_view_menu v ON v.name = fresh.resource
    JOIN ab_permission p ON p.name = 'can_' || fresh.verb
    JOIN ab_permission_view pv ON pv.permission_id = p.id AND pv.view_menu_id = v.id
    JOIN ab_role r ON r.name = fresh.role
    ON CONFLICT DO NOTHING
"""
_REVOKE = """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:g_resources AS text[]), CAST(:g_verbs AS text[]), CAST(:g_roles AS text[]))
            AS w(resource, verb, role)
    ), gone AS (
        DELETE FROM declared_grant d
        WHERE d.resource = ANY(CAST(:resources AS text[]))
          AND NOT EXISTS (SELECT FROM wanted w
                          WHERE w.resource = d.resource AND w.verb = d.verb AND w.role = d.role)
        RETURNING resource, verb, role
    )
    DELETE FROM ab_permission_view_role g
    USING gone, ab_view_menu v, ab_permission p, ab_permission_view pv, ab_role r
    WHERE v.name = gone.resource AND p.name = 'can_' || gone.verb AND r.name = gone.role
      AND pv.permission_id = p.id AND pv.view_menu_id = v.id
      AND g.permission_view_id = pv.id AND g.role_id = r.id
"""
_BUMP = "UPDATE permission_version SET version = version + 1 WHERE id = 1"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync changed."""

    roles: int = 0
    lost: int = 0
    """Roles of plugins that these do not declare any more."""
    permissions: int = 0
    granted: int = 0
    revoked: int = 0

    @property
    def changed(self) -> bool:
        return any((self.roles, self.lost, self.permissions, self.granted, self.revoked))


def sync_all(app: Flask) -> SyncReport:
    """Sync what the installed plugins declare."""
    installed = app.extensions["tenantry"]
    with app.app_context(), platform_session("the permission sync: roles belong to no tenant") as session:
        return sync_permissions(session, installed.declared_permissions(), installed.roles, installed.names)


def sync_permissions(
    session: Session, declared: Iterable[DeclaredPermission], roles: Iterable[str] = (), plugins: Iterable[str] = ()
) -> SyncReport:
    """Bring roles, permissions and grants up to date in the session's transaction; the caller commits. `roles` are
    those that these plugins bring."""
    values = {**_columns(list(declared), (*ROLE_NAMES, *roles)), "plugins": list(plugins)}

    def run(statement: str) -> int:
        return session.connection().execute(text(statement), values).rowcount

    session.execute(text(_LOCK))
    run(_VERSION)
    made, lost = run(_ROLES), run(_LOST_ROLES)
    run(_PERMISSIONS)
    run(_VIEWS)
    report = SyncReport(made, lost, run(_PAIRS), run(_GRANT), run(_REVOKE))
    if report.changed:
        bump_version(session)
    log.info("permission sync: %s", report)
    return report


_FORGET = (
    """DELETE FROM ab_permission_view_role g USING ab_permission_view pv, ab_view_menu v
       WHERE pv.id = g.permission_view_id AND v.id = pv.view_menu_id AND starts_with(v.name, :prefix)""",
    """DELETE FROM ab_permission_view pv USING ab_view_menu v
       WHERE v.id = pv.view_menu_id AND starts_with(v.name, :prefix)""",
    "DELETE FROM ab_view_menu v WHERE starts_with(v.name, :prefix)",
    r"""DELETE FROM ab_permission p WHERE p.name LIKE 'can\_%'
        AND NOT EXISTS (SELECT FROM ab_permission_view pv WHERE pv.permission_id = p.id)""",
    "DELETE FROM declared_grant WHERE starts_with(resource, :prefix)",
    # What it added to the records of others.
    """DELETE FROM ab_permission_view_role g USING ab_permission_view pv, ab_permission p
       WHERE pv.id = g.permission_view_id AND p.id = pv.permission_id AND starts_with(p.name, :verbs)""",
    """DELETE FROM ab_permission_view pv USING ab_permission p
       WHERE p.id = pv.permission_id AND starts_with(p.name, :verbs)""",
    "DELETE FROM ab_permission p WHERE starts_with(p.name, :verbs)",
    "DELETE FROM declared_grant WHERE starts_with('can_' || verb, :verbs)",
    "DELETE FROM declared_grant WHERE starts_with(role, :prefix)",
    "DELETE FROM ab_role WHERE starts_with(name, :prefix)",  # with its grants
)


def forget_permissions(session: Session, plugin: str) -> None:
    """Remove every permission and role of a plugin that goes, with all grants, in the session's transaction."""
    session.execute(text(_LOCK))
    for statement in _FORGET:
        session.execute(text(statement), {"prefix": f"{plugin}.", "verbs": f"can_{plugin}__"})
    bump_version(session)


def bump_version(session: Session) -> None:
    """Tell every process that its cached permission sets are out of date, as of this transaction's commit."""
    session.execute(text(_BUMP))


def _columns(declared: list[DeclaredPermission], roles: Sequence[str]) -> dict[str, Any]:
    grants = [(one.resource, one.verb, role) for one in declared for role in one.roles]
    unknown = {role for _, _, role in grants} - set(roles)
    if unknown:
        raise ValueError(f"No such role: {', '.join(sorted(unknown))}.")
    return {
        "roles": list(roles),
        "resources": [one.resource for one in declared],
        "verbs": [one.verb for one in declared],
        "g_resources": [grant[0] for grant in grants],
        "g_verbs": [grant[1] for grant in grants],
        "g_roles": [grant[2] for grant in grants],
    }
