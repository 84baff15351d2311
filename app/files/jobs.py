"""The daily sweep, as a job of each tenant."""

from __future__ import annotations

from typing import Any

from app.data import db
from app.files.sweep import sweep
from app.host import JobRun


def sweep_files(run: JobRun) -> dict[str, Any]:
    """Compare the tenant's rows with the store and tidy up; may be run again at any time."""
    found = sweep(db.session())
    return {"orphans": found.orphans, "bytes": found.bytes, "missing": found.missing, "back": found.back}
