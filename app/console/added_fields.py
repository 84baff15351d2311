"""A plugin that adds fields to records of others was switched: what those records are found by is written again.

While it is off nobody finds them by what they cannot see; when it is on again, by what was changed meanwhile.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from app.data import db
from app.host import registry
from app.host.extensions import guest_of
from app.jobs import enqueue
from app.search.index import SearchRebuild
from app.tenancy.models import TenantPlugin

REBUILD = "console.rebuild_search"


def search_added_fields(event: Any, _occurrence: Any) -> None:
    """The handler of a switch: begin the search index of the extended kinds anew."""
    row = db.session.get(TenantPlugin, event.id)
    kinds = extended_kinds(row.plugin_key) if row is not None else []
    if kinds:
        db.session.execute(delete(SearchRebuild).where(SearchRebuild.kind.in_(kinds)))
        enqueue(REBUILD, *kinds)


def extended_kinds(plugin: str) -> list[str]:
    """The resources to which a plugin adds fields."""
    entries = registry().entries.values()
    return [one.key for one in entries if any(guest_of(field.name) == plugin for field in one.added)]
