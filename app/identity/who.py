"""Who is asking, and for which tenant: one statement a request (and one more the first time a set of roles is met).

The session or the API token is looked up by its hash, the tenant by the slug in the path, else by a verified host name,
else by the token; then the account, its membership in that tenant, its live roles, the plugins that are on, how much
it was told and has not read (for the bell on every page; `app.messaging` writes it), how it has arranged its work
(`app.screens.desk`), and the permission version.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app.identity.permissions import LOAD_PERMISSIONS, Roles, cache
from app.identity.principal import Principal, TenantInfo
from app.identity.scopes import narrow
from app.identity.statements import platform_execute, platform_rows
from app.identity.tokens import token_hash

ROLES_HELD = """(
    SELECT array_agg(DISTINCT held.role ORDER BY held.role) FROM (
        SELECT r.role::text FROM membership_role r
        WHERE r.tenant_id = m.tenant_id AND r.membership_id = m.id AND (r.expires_at IS NULL OR r.expires_at > now())
        UNION ALL
        SELECT g.gives_role::text FROM team_member y JOIN team g ON g.tenant_id = y.tenant_id AND g.id = y.team_id
        WHERE y.tenant_id = m.tenant_id AND y.membership_id = m.id AND y.left_at IS NULL
          AND g.archived_at IS NULL AND g.gives_role IS NOT NULL
    ) AS held)"""
"""The roles of the membership `m`: its own, and those of the teams it is in."""
WHO = f"""
WITH credential AS (
    SELECT s.account_id, s.id AS session_id, NULL::uuid AS token_id, NULL::uuid AS token_tenant,
           NULL::text[] AS scopes, s.last_seen_at < now() - interval '1 minute' AS stale, s.way
    FROM account_session s
    WHERE s.token_hash = %(session)s AND s.ended_at IS NULL AND s.expires_at > now()
      AND s.last_seen_at > now() - s.idle_minutes * interval '1 minute'
    UNION ALL
    SELECT k.account_id, NULL, k.id, k.tenant_id, k.scopes,
           coalesce(k.last_used_at < now() - interval '1 minute', true), ''
    FROM api_token k
    WHERE k.token_hash = %(token)s AND k.revoked_at IS NULL AND k.expires_at > now()
),
person AS (
    SELECT c.*, u.username, u.email, u.first_name, u.last_name, a.uid, a.locale, a.timezone, a.theme,
           a.is_operator
    FROM credential c
    JOIN ab_user u ON u.id = c.account_id AND u.active
    JOIN account a ON a.id = u.id
),
named AS (
    SELECT id FROM tenant WHERE slug = %(slug)s
    UNION ALL
    SELECT tenant_id FROM tenant_domain
    WHERE %(slug)s::text IS NULL AND domain = %(host)s AND verified_at IS NOT NULL
),
place AS (
    SELECT t.* FROM tenant t
    WHERE t.deleted_at IS NULL AND t.id = coalesce(
        (SELECT id FROM named LIMIT 1),
        CASE WHEN %(slug)s::text IS NULL THEN (SELECT token_tenant FROM credential LIMIT 1) END)
)
SELECT p.account_id, p.uid, p.username, p.email, p.first_name, p.last_name, p.locale, p.timezone, p.theme,
       p.is_operator, p.session_id, p.token_id, p.token_tenant, p.scopes, p.stale, p.way,
       t.id AS tenant_id, t.slug, t.name AS tenant_name, t.status, t.locale AS tenant_locale,
       t.timezone AS tenant_timezone, t.currency, t.country, t.config_version,
       m.id AS membership_id, m.is_owner,
       CASE WHEN m.id IS NOT NULL THEN {ROLES_HELD} END AS roles,
       (SELECT json_object_agg(g.plugin_key, g.state) FROM tenant_plugin g
        WHERE g.tenant_id = t.id AND g.state IN ('on', 'read_only')) AS plugins,
       CASE WHEN p.session_id IS NOT NULL THEN (
           SELECT json_agg(json_build_array(o.slug, o.name) ORDER BY o.name, o.slug)::text
           FROM (SELECT x.slug, x.name FROM membership y JOIN tenant x ON x.id = y.tenant_id
                 WHERE y.account_id = p.account_id AND y.is_active AND y.left_at IS NULL AND x.deleted_at IS NULL
                 ORDER BY x.name, x.slug LIMIT 50) AS o) END AS places,
       CASE WHEN p.session_id IS NOT NULL AND m.id IS NOT NULL THEN (
           SELECT count(*) FROM (SELECT FROM notification n WHERE n.tenant_id = m.tenant_id AND n.member_id = m.id
             AND n.read_at IS NULL AND n.due_at <= now() LIMIT 100) AS waiting) END AS unread,
       CASE WHEN p.session_id IS NOT NULL AND m.id IS NOT NULL THEN (
           SELECT json_build_object('density', d.density, 'pins', d.pins, 'lists', d.lists, 'habits', d.habits)::text
           FROM desk d WHERE d.tenant_id = m.tenant_id AND d.person = p.uid) END AS desk,
       (SELECT version FROM permission_version WHERE id = 1) AS permission_version
FROM (VALUES (1)) AS request(n)
LEFT JOIN person p ON true
LEFT JOIN place t ON true
LEFT JOIN membership m
       ON m.tenant_id = t.id AND m.account_id = p.account_id AND m.is_active AND m.left_at IS NULL
"""
AS_ONE_VALUE = f"SELECT row_to_json(found) FROM ({WHO}) AS found"
"""Thirty columns in one: describing each of them to Python anew would take longer than reading them."""
_TOUCH_SESSION = "UPDATE account_session SET last_seen_at = now() WHERE id = %(id)s AND ended_at IS NULL"
_TOUCH_TOKEN = "UPDATE api_token SET last_used_at = now() WHERE id = %(id)s"  # noqa: S105
TOUCHES = frozenset({_TOUCH_SESSION, _TOUCH_TOKEN})
"""What comes by the clock, whatever is asked for."""


@dataclass(frozen=True, slots=True)
class Who:
    """What the statement found out."""

    principal: Principal | None
    tenant: TenantInfo | None
    """The tenant that was asked for, whether or not this person belongs to it."""

    @property
    def belongs(self) -> bool:
        """Whether the person is a member of the tenant that was asked for."""
        return self.principal is not None and self.principal.tenant is not None


def find_who(session_token: str | None, api_token: str | None, slug: str | None, host: str | None) -> Who:
    """Resolve a request. An API token outside its tenant is nobody there; an ended session is nobody anywhere."""
    found = platform_rows(
        AS_ONE_VALUE,
        session=token_hash(session_token) if session_token else None,
        token=token_hash(api_token) if api_token else None,
        slug=slug,
        host=host,
    )
    row = SimpleNamespace(**found[0][0])
    tenant = tenant_info(row)
    if row.account_id is None:
        return Who(None, tenant)
    if row.stale:
        touch(row)
    return Who(person_of(row, tenant), tenant)


def touch(row: Any) -> None:
    """Note that the session or token is alive; asked for at most once a minute."""
    if row.session_id is not None:
        platform_execute(_TOUCH_SESSION, id=row.session_id)
    else:
        platform_execute(_TOUCH_TOKEN, id=row.token_id)


def permissions_of(roles: tuple[str, ...], version: int) -> frozenset[str]:
    """The permissions of these roles, from this process's cache when it knows them."""
    return cache().get(roles, version, _load_permissions)


def _load_permissions(roles: Roles) -> list[str]:
    return [row[0] for row in platform_rows(LOAD_PERMISSIONS, roles=sorted(roles))]


def tenant_info(row: Any) -> TenantInfo | None:
    """The tenant of a row of WHO, if there is one."""
    if row.tenant_id is None:
        return None
    return TenantInfo(
        id=UUID(row.tenant_id),
        slug=row.slug,
        name=row.tenant_name,
        status=row.status,
        locale=row.tenant_locale,
        timezone=row.tenant_timezone,
        currency=row.currency,
        country=row.country,
        config_version=row.config_version,
        plugins=frozenset(row.plugins or ()),
        read_only=frozenset(name for name, state in (row.plugins or {}).items() if state == "read_only"),
    )


def person_of(row: Any, tenant: TenantInfo | None) -> Principal:
    """The person of a row of WHO."""
    at_home = row.token_tenant is None or (tenant is not None and tenant.id == UUID(row.token_tenant))
    member = row.membership_id is not None and at_home
    roles = _roles(row, member)
    permissions = permissions_of(roles, row.permission_version or 0)
    return Principal(
        account_id=row.account_id,
        uid=UUID(row.uid),
        username=row.username,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        locale=row.locale,
        timezone=row.timezone,
        theme=row.theme,
        is_operator=row.is_operator and row.token_id is None,
        session_id=_key(row.session_id),
        way=row.way,
        token_id=_key(row.token_id),
        scopes=None if row.scopes is None else frozenset(row.scopes),
        tenant=tenant if member else None,
        membership_id=_key(row.membership_id) if member else None,
        is_owner=bool(member and row.is_owner),
        roles=roles,
        permissions=permissions if row.scopes is None else narrow(permissions, row.scopes),
        unread=row.unread or 0,
        places_json=row.places or "[]",
        desk_json=row.desk or "{}",
    )


def _key(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _roles(row: Any, member: bool) -> tuple[str, ...]:
    if member:
        on = row.plugins or {}
        # A role of a plugin gives something while that plugin is on: it stays with the member meanwhile.
        return tuple(role for role in row.roles or () if "." not in role or role.partition(".")[0] in on)
    # An operator stands outside the tenants; the role gives nothing inside one.
    return ("operator",) if row.is_operator and row.token_id is None and row.tenant_id is None else ()
