"""Somebody's standing in a tenant as of now, without a request: for work that is done later in their name."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from uuid import UUID

from app.identity.principal import Principal
from app.identity.statements import platform_rows
from app.identity.who import _principal, _tenant

_STANDING = """
SELECT row_to_json(found) FROM (
    SELECT u.id AS account_id, a.uid, u.username, u.email, u.first_name, u.last_name, a.locale, a.timezone,
           a.is_operator, NULL AS session_id, NULL AS token_id, NULL AS token_tenant, %(scopes)s::text[] AS scopes,
           t.id AS tenant_id, t.slug, t.name AS tenant_name, t.status, t.locale AS tenant_locale,
           t.timezone AS tenant_timezone, t.currency, t.country, t.config_version, m.id AS membership_id, m.is_owner,
           (SELECT array_agg(r.role::text ORDER BY r.role) FROM membership_role r
            WHERE r.tenant_id = m.tenant_id AND r.membership_id = m.id
              AND (r.expires_at IS NULL OR r.expires_at > now())) AS roles,
           (SELECT array_agg(g.plugin_key::text) FROM tenant_plugin g
            WHERE g.tenant_id = t.id AND g.state IN ('on', 'read_only')) AS plugins,
           NULL AS places, (SELECT version FROM permission_version WHERE id = 1) AS permission_version
    FROM account a
    JOIN ab_user u ON u.id = a.id AND u.active
    JOIN tenant t ON t.id = %(tenant)s AND t.deleted_at IS NULL
    JOIN membership m ON m.tenant_id = t.id AND m.account_id = a.id AND m.is_active AND m.left_at IS NULL
    WHERE a.uid = %(uid)s
) AS found"""


def standing_of(uid: UUID, tenant_id: UUID, scopes: Iterable[str] | None = None) -> Principal | None:
    """The person of an account in a tenant, with today's roles and settings; None for whoever is no member any more.

    `scopes` narrows what they may do, as an API token does.
    """
    given = None if scopes is None else sorted(scopes)
    found = platform_rows(_STANDING, uid=uid, tenant=tenant_id, scopes=given)
    if not found:
        return None
    row = SimpleNamespace(**found[0][0])
    return _principal(row, _tenant(row))
