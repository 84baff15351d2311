"""Who a job works for: the same facts as of a request, found by account and tenant instead of cookie and address."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

from app.identity.statements import platform_rows
from app.identity.who import ROLES_HELD, Who, person_of, tenant_info

_WHO = f"""
SELECT row_to_json(found) FROM (
    SELECT p.id AS account_id, a.uid, p.username, p.email, p.first_name, p.last_name, a.locale, a.timezone, a.theme,
           false AS is_operator, NULL AS session_id, NULL AS token_id, NULL AS token_tenant, NULL AS scopes, '' AS way,
           t.id AS tenant_id, t.slug, t.name AS tenant_name, t.status, t.locale AS tenant_locale,
           t.timezone AS tenant_timezone, t.currency, t.country, t.config_version,
           m.id AS membership_id, m.is_owner, NULL AS places, NULL AS unread, NULL AS desk,
           {ROLES_HELD} AS roles,
           (SELECT json_object_agg(g.plugin_key, g.state) FROM tenant_plugin g
            WHERE g.tenant_id = t.id AND g.state IN ('on', 'read_only')) AS plugins,
           (SELECT version FROM permission_version WHERE id = 1) AS permission_version
    FROM tenant t
    LEFT JOIN account a ON a.uid = %(account)s
    LEFT JOIN ab_user p ON p.id = a.id AND p.active
    LEFT JOIN membership m ON m.tenant_id = t.id AND m.account_id = p.id AND m.is_active AND m.left_at IS NULL
    WHERE t.id = %(tenant)s AND t.deleted_at IS NULL
) AS found"""


def find_acting(account: UUID | None, tenant: UUID) -> Who:
    """The tenant, and the member whose work it is: nobody when the account has left it since, or there was none."""
    found = platform_rows(_WHO, account=account, tenant=tenant)
    if not found:
        return Who(None, None)
    row = SimpleNamespace(**found[0][0])
    info = tenant_info(row)
    return Who(person_of(row, info) if row.membership_id is not None else None, info)
