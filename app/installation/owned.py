"""What a plugin owns in the core's tables: rows that name it, by the column that does.

A column called `resource`, `target_type`, `aggregate_type`, `plugin_key` or `feature_key` holds such names in any
table; the other places are listed. A table of the core with a name elsewhere must be added here, or a purge leaves
something behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select

from app.data import current_tenant_id
from app.data.base import metadata
from app.data.ddl import is_tenant_table

NAMING = ("resource", "target_type", "aggregate_type", "plugin_key", "feature_key")
LISTED: Mapping[str, str] = {
    "access_rule": "role",
    "channel_address": "channel",
    "custom_field_def": "links",
    "domain_event": "name",
    "duplicate_pair": "kind",
    "event_handling": "handler",
    "import_change": "kind",
    "job": "name",
    "job_schedule": "name",
    "layout": "role",
    "membership_role": "role",
    "merge_change": "kind",
    "notice_preference": "kind",
    "notification": "kind",
    "number_sequence": "key",
    "outbound_message": "channel",
    "provider_address": "provider",
    "quarantined_webhook": "source",
    "received_webhook": "source",
    "saved_report": "source",
    "search_rebuild": "kind",
    "search_token": "kind",
    "send_quota": "sender",
    "timeline_entry": "event_name",
    "webhook_delivery": "event_name",
    "webhook_route": "source",
}
KEPT = frozenset({"audit_entry", "audit_head"})
"""What happened stays told."""
BY_ROUTE = "idempotency_key"
"""Answers to REST calls name the address that was called."""


def owned_tables(*, of_tenants: bool) -> list[Table]:
    """The core's tables with rows that name plugins, those that others refer to last."""
    tables = [one for one in metadata.sorted_tables if one.schema is None and is_tenant_table(one) is of_tenants]
    return [one for one in reversed(tables) if one.name not in KEPT and _columns(one)]


def names_plugin(table: Table, plugin: str) -> ColumnElement[bool]:
    """True for rows of the table that are the plugin's."""
    conditions: list[Any] = []
    for column in _columns(table):
        if column.name == "route":
            conditions.append(column.like(f"%/{plugin}/%"))
        else:
            conditions += [column == plugin, column.startswith(f"{plugin}.", autoescape=True)]
    return or_(*conditions)


def belongs_to_plugin(table: Table, plugin: str) -> ColumnElement[bool] | None:
    """True for rows of a tenant's table that go when the plugin does: they name it, or hang on a row that goes. None
    for a table without any."""
    conditions = [names_plugin(table, plugin)] if _columns(table) else []
    for link in table.foreign_key_constraints:
        whole = link.referred_table
        if whole is table or (link.ondelete or "").upper() != "CASCADE" or not is_tenant_table(whole):
            continue
        goes = belongs_to_plugin(whole, plugin)
        if goes is not None:
            ((mine, theirs),) = ((one.parent, one.column) for one in link.elements if one.column.name != "tenant_id")
            conditions.append(mine.in_(select(theirs).where(whole.c.tenant_id == current_tenant_id(), goes)))
    return or_(*conditions) if conditions else None


def _columns(table: Table) -> list[Any]:
    names = {*NAMING, LISTED.get(table.name, ""), "route" if table.name == BY_ROUTE else ""}
    return [column for column in table.columns if column.name in names]
