"""What people decided about plugins, features and who reaches what, for one tenant: one statement, then remembered.

Whoever decides raises the configuration version of the tenants concerned, so a request that changes nothing asks
nothing. It is read by the platform role, because the operator's rows are out of a tenant's reach.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.data import db, utcnow
from app.features.pins import Pin
from app.identity.principal import TenantInfo
from app.identity.statements import platform_rows
from app.tenancy.configuration import by_configuration

_DECISIONS = """
SELECT 'switch' AS about, feature_key AS name, enabled AS yes, NULL::text AS more, NULL::timestamptz AS until
FROM tenant_feature WHERE tenant_id = %(tenant)s
UNION ALL
SELECT 'person', feature_key, enabled, membership_id::text, NULL FROM user_capability WHERE tenant_id = %(tenant)s
UNION ALL
SELECT CASE WHEN tenant_id IS NULL THEN 'all' ELSE 'flag' END, feature_key, is_enabled, percent::text, expires_at
FROM feature_flag WHERE tenant_id = %(tenant)s OR tenant_id IS NULL
UNION ALL
SELECT 'skipped', place, true, plugin_key, NULL FROM hook_fault WHERE tenant_id = %(tenant)s AND skipped_at IS NOT NULL
UNION ALL
SELECT 'accepted', p.name, true, need.need, NULL FROM installed_plugin p, unnest(p.approved) AS need(need)
UNION ALL
SELECT 'stopped', name, true, stopped, NULL FROM installed_plugin WHERE stopped IS NOT NULL
UNION ALL
SELECT 'trying', name, %(tenant)s = ANY(canary), trying, NULL FROM installed_plugin WHERE trying IS NOT NULL
UNION ALL
SELECT 'pin', plugin_key, held, json_build_array(coalesce(pin, ''), coalesce(plugin_version, ''))::text, pin_until
FROM tenant_plugin WHERE tenant_id = %(tenant)s AND (held OR pin IS NOT NULL)
UNION ALL
SELECT 'pinnable', name, true, NULL, NULL FROM installed_plugin WHERE may_pin
UNION ALL
SELECT 'rule', resource, true,
       json_build_object('role', role, 'rows', row_scope, 'hidden', hidden, 'readonly', readonly)::text, NULL
FROM access_rule WHERE tenant_id = %(tenant)s
UNION ALL
SELECT * FROM (
    SELECT 'layout', resource, true, json_build_object('role', role, 'published', published)::text, NULL::timestamptz
    FROM layout WHERE tenant_id = %(tenant)s AND published IS NOT NULL ORDER BY position, id
) AS layouts
UNION ALL
SELECT * FROM (
    SELECT 'form_rule', resource, true,
           json_build_object('name', name, 'conditions', conditions, 'effects', effects)::text, NULL::timestamptz
    FROM form_rule WHERE tenant_id = %(tenant)s AND is_active ORDER BY position, id
) AS form_rules
"""


@dataclass(frozen=True, slots=True)
class Flag:
    """The operator's word: on or off, until a moment or for good."""

    is_on: bool
    until: datetime | None = None

    def holds(self) -> bool:
        return self.until is None or utcnow() < self.until


@dataclass(frozen=True, slots=True)
class Decisions:
    """All of one tenant's."""

    switches: Mapping[str, bool]
    flags: Mapping[str, tuple[Flag, ...]]
    """Those of the tenant before those of all."""
    people: Mapping[tuple[UUID, str], bool]
    """By membership and feature."""
    skipped: frozenset[tuple[str, str]]
    """(plugin, place) of hooks that are not called here any more."""
    accepted: frozenset[tuple[str, str]]
    """(plugin, need) that the operator has accepted."""
    waiting: Mapping[str, str]
    """Plugins whose new version others try first, and that version."""
    pins: Mapping[str, Pin]
    """Of plugins with whose versions the tenant stays, or stayed and has a step to make."""
    pinnable: frozenset[str]
    """Plugins with whose versions admins may stay by their own decision."""
    stopped: frozenset[str]
    """Plugins whose migration failed."""
    rules: tuple[tuple[str, Mapping[str, Any]], ...]
    """Access rules as they are stored: the resource, then `role`, `rows`, `hidden` and `readonly`."""
    layouts: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Published layouts in the tenant's order: the resource, then `role` and `published`."""
    form_rules: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Form rules that are on, in the tenant's order: the resource, then `name`, `conditions` and `effects`."""

    def flag(self, name: str, default: bool) -> bool:
        """Whether a feature of the operator's is on here."""
        return next((one.is_on for one in self.flags.get(name, ()) if one.holds()), default)


def decisions(tenant: TenantInfo) -> Decisions:
    """What holds in the tenant; from memory, unless its configuration has changed."""
    found: Decisions = by_configuration(db.session(), Place(tenant), "decisions", lambda _session: _load(tenant.id))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant as `by_configuration` asks for it, where no person is."""

    tenant: TenantInfo


def _load(tenant: UUID) -> Decisions:
    rows = platform_rows(_DECISIONS, tenant=tenant)
    flags: dict[str, tuple[Flag, ...]] = {}
    for row in sorted((one for one in rows if one.about in ("flag", "all")), key=lambda one: one.about == "all"):
        share = 100 if row.about == "flag" else int(row.more)
        flag = Flag(row.yes and is_within(row.name, tenant, share), row.until)
        flags[row.name] = (*flags.get(row.name, ()), flag)
    return Decisions(
        switches={row.name: row.yes for row in rows if row.about == "switch"},
        flags=flags,
        people={(UUID(row.more), row.name): row.yes for row in rows if row.about == "person"},
        skipped=frozenset((row.more, row.name) for row in rows if row.about == "skipped"),
        accepted=frozenset((row.name, row.more) for row in rows if row.about == "accepted"),
        waiting={row.name: row.more for row in rows if row.about == "trying" and not row.yes},
        pins={row.name: _pin(row) for row in rows if row.about == "pin"},
        pinnable=frozenset(row.name for row in rows if row.about == "pinnable"),
        stopped=frozenset(row.name for row in rows if row.about == "stopped"),
        rules=_stored(rows, "rule"),
        layouts=_stored(rows, "layout"),
        form_rules=_stored(rows, "form_rule"),
    )


def _pin(row: Any) -> Pin:
    spec, version = json.loads(row.more)
    return Pin(spec, row.until, row.yes, version)


def _stored(rows: Sequence[Any], about: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return tuple((row.name, json.loads(row.more)) for row in rows if row.about == about)


def is_within(feature: str, tenant: UUID, share: int) -> bool:
    """Whether the tenant is in the first `share` percent: by chance, but for each feature always the same ones, so a
    growing share takes nothing away from anybody."""
    digest = hashlib.sha256(f"{feature}:{tenant}".encode()).digest()
    return int.from_bytes(digest[:4]) % 100 < share
