"""The jobs: following up a merge, looking for duplicates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.data import db
from app.host import JobRun, registry
from app.merging.likeness.finding import find_all
from app.merging.merging import follow as follow_merge
from app.merging.models import Merge

FIND = "merging.find"


def follow(run: JobRun, merge_id: str) -> dict[str, int]:
    """Move what came to refer to merged records while they were being merged."""
    record = db.session.get(Merge, UUID(merge_id), with_for_update=True)
    entry = registry().entries.get(record.resource) if record is not None else None
    if record is None or entry is None or record.state != "done":
        return {"moved": 0}
    return {"moved": follow_merge(db.session(), entry, record)}


def find(run: JobRun, *kinds: str) -> dict[str, Any]:
    """List pairs of records that may be the same, of all kinds or those named."""
    return find_all(run, kinds)
