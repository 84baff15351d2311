"""The history of records: what the audit log tells, as one person may see it, and the way back to an earlier state."""

from app.screens.history.reading import FieldChange, RowChanges, Told, describe, read_history, told_by_id
from app.screens.history.restoring import NothingToRestore, restoration

__all__ = [
    "FieldChange", "NothingToRestore", "RowChanges", "Told", "describe", "read_history", "restoration", "told_by_id",
]  # fmt: skip
