"""A whole tenant as it is stored: for what must leave everything as it was."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import text

from app.data import platform_session
from app.merging.catalogue import tenant_models
from app.tenancy.models import Tenant

Dump = dict[tuple[str, ...], dict[str, Any]]
"""By table and key: the row."""
EXEMPT_TABLES = {
    "audit_entry": "the log only grows",
    "audit_head": "the log only grows",
    "domain_event": "events only grow",
    "event_handling": "events only grow",
    "job": "the follow-up of a merge is a job",
    "merge": "the record of the merge itself",
    "merge_change": "the record of the merge itself",
}
EXEMPT_COLUMNS = {"version", "updated_at", "updated_by"}
ABOUT = "kind = 'console.audit_entry'"
"""Tokens of the log's entries, which only grow."""


def dump(app: Flask, tenant: Tenant) -> Dump:
    """Every row of every table of a tenant, by table and key, without what may differ."""
    found: Dump = {}
    with app.app_context(), platform_session("a test reads a whole tenant") as session:
        for model in tenant_models():
            table: Any = model.__table__
            if table.name in EXEMPT_TABLES:
                continue
            where = f" AND NOT {ABOUT}" if table.name == "search_token" else ""
            name = ".".join(f'"{part}"' for part in (table.schema, table.name) if part)
            found_here = text(f"SELECT to_jsonb(t) FROM {name} t WHERE tenant_id = :tenant{where}")
            rows = session.scalars(found_here, {"tenant": tenant.id})
            keys = [column.name for column in table.primary_key]
            for row in rows:
                key = (table.fullname, *(str(row[name]) for name in keys))
                found[key] = {name: value for name, value in row.items() if name not in EXEMPT_COLUMNS}
    return found


def differences(before: Dump, after: Dump) -> list[str]:
    """What differs, in words."""
    lines = [f"gone: {key}" for key in before.keys() - after.keys()]
    lines += [f"new: {key} {after[key]}" for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        lines += [
            f"{key} {name}: {before[key][name]!r} -> {after[key].get(name)!r}"
            for name in before[key]
            if before[key][name] != after[key].get(name)
        ]
    return sorted(lines)
