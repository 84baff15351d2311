"""Reading and changing what roles may do: the operator's matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _
from sqlalchemy import select, text

from app.data import platform_session
from app.identity.permissions import ROLE_NAMES
from app.identity.problems import IdentityError
from app.identity.sync import bump_version

_ROLES = """
    SELECT r.id, r.name, count(g.id) AS permissions
    FROM ab_role r LEFT JOIN ab_permission_view_role g ON g.role_id = r.id
    GROUP BY r.id, r.name ORDER BY array_position(CAST(:order AS text[]), r.name::text), r.name
"""
_MATRIX = r"""
    SELECT pv.id, v.name AS resource, substr(p.name, 5) AS verb,
           coalesce(array_agg(r.name::text) FILTER (WHERE r.name IS NOT NULL), '{}') AS roles
    FROM ab_permission_view pv
    JOIN ab_permission p ON p.id = pv.permission_id AND p.name LIKE 'can\_%'
    JOIN ab_view_menu v ON v.id = pv.view_menu_id AND v.name LIKE '%.%'
    LEFT JOIN ab_permission_view_role g ON g.permission_view_id = pv.id
    LEFT JOIN ab_role r ON r.id = g.role_id
    GROUP BY pv.id, v.name, p.name
    ORDER BY v.name,
             array_position(ARRAY['read','create','update','delete','export','import'], substr(p.name, 5)), p.name
"""
_TAKE = r"""
    DELETE FROM ab_permission_view_role g
    USING ab_permission_view pv, ab_permission p, ab_view_menu v
    WHERE g.role_id = :role AND pv.id = g.permission_view_id AND NOT g.permission_view_id = ANY(CAST(:kept AS int[]))
      AND p.id = pv.permission_id AND p.name LIKE 'can\_%' AND v.id = pv.view_menu_id AND v.name LIKE '%.%'
"""
_GIVE = r"""
    INSERT INTO ab_permission_view_role (id, permission_view_id, role_id)
    SELECT nextval('ab_permission_view_role_id_seq'), pv.id, :role
    FROM ab_permission_view pv
    JOIN ab_permission p ON p.id = pv.permission_id AND p.name LIKE 'can\_%'
    JOIN ab_view_menu v ON v.id = pv.view_menu_id AND v.name LIKE '%.%'
    WHERE pv.id = ANY(CAST(:kept AS int[]))
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role and how much it may do."""

    id: int
    name: str
    permissions: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One permission and who holds it."""

    id: int
    verb: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A resource and its permissions."""

    resource: str
    cells: tuple[Cell, ...]


def all_roles() -> Sequence[RoleRow]:
    """Every role with the number of its permissions."""
    with platform_session("roles belong to no tenant") as session:
        rows = session.execute(text(_ROLES), {"order": list(ROLE_NAMES)}).all()
    return [RoleRow(row.id, row.name, row.permissions) for row in rows]


def permission_matrix() -> Sequence[ResourceRow]:
    """Every resource with its permissions and the roles that hold each."""
    with platform_session("permissions belong to no tenant") as session:
        rows = session.execute(text(_MATRIX)).all()
    grouped = groupby(rows, key=lambda row: str(row.resource))
    return [
        ResourceRow(name, tuple(Cell(row.id, row.verb, tuple(sorted(row.roles))) for row in cells))
        for name, cells in grouped
    ]


def role_name(role_id: int) -> str | None:
    """The name of a role, None when there is none with this id."""
    with platform_session("roles belong to no tenant") as session:
        return session.scalars(select(Role.name).where(Role.id == role_id)).one_or_none()


def set_role_permissions(role_id: int, permission_ids: Iterable[int]) -> None:
    """Let a role hold exactly these permissions, for every process from its next request on."""
    if role_name(role_id) == "owner":
        raise IdentityError(_("The role “owner” always holds every permission its plugins give it."))
    values = {"role": role_id, "kept": sorted(set(permission_ids))}
    with platform_session("roles belong to no tenant") as session:
        session.execute(text(_TAKE), values)
        session.execute(text(_GIVE), values)
        bump_version(session)
