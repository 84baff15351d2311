"""Roles that follow a directory's groups: looked at when somebody signs in."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from app.identity.accounts import get_account
from app.identity.members import add_member, take_role
from app.identity.problems import IdentityError
from app.identity.statements import platform_rows
from app.identity.ways import GroupRole
from app.tenancy.services import find_tenant

log = logging.getLogger(__name__)

_HELD = """
SELECT t.slug::text AS slug, r.role::text AS role
FROM membership m
JOIN tenant t ON t.id = m.tenant_id AND t.deleted_at IS NULL
JOIN membership_role r ON r.tenant_id = m.tenant_id AND r.membership_id = m.id
WHERE m.account_id = %(account)s AND m.is_active AND m.left_at IS NULL AND t.slug = ANY(%(slugs)s)
  AND (r.expires_at IS NULL OR r.expires_at > now())
"""


def keep_roles(account_id: int, groups: frozenset[str], rules: Iterable[GroupRole]) -> None:
    """Give the roles of these groups and take those of others; roles that no rule names are left alone.

    Who loses the last role in a tenant is no member there any more.
    """
    rules = tuple(rules)
    governed = {(one.tenant, one.role) for one in rules}
    wanted = {(one.tenant, one.role) for one in rules if one.group in groups}
    rows = platform_rows(_HELD, account=account_id, slugs=sorted({slug for slug, _role in governed}))
    held = {(row.slug, row.role) for row in rows} & governed
    for slug, role in sorted(wanted - held):
        _give(account_id, slug, role)
    for slug, role in sorted(held - wanted):
        _take(account_id, slug, role)


def _give(account_id: int, slug: str, role: str) -> None:
    tenant, account = find_tenant(slug), get_account(account_id)
    if tenant is None or account is None:
        log.error("TENANTRY_LDAP_ROLES names the tenant “%s”, which does not exist.", slug)
        return
    try:
        add_member(account, tenant, role)
    except IdentityError as refused:  # a role of a plugin that is not installed
        log.error("TENANTRY_LDAP_ROLES: %s", refused.message)


def _take(account_id: int, slug: str, role: str) -> None:
    tenant = find_tenant(slug)
    if tenant is None:
        return
    try:
        take_role(account_id, tenant.id, role)
    except IdentityError as refused:  # the last owner stays
        log.warning("account %s keeps %s in %s: %s", account_id, role, slug, refused.message)
