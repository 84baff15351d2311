"""The history of records: what the audit log tells, as one person may see it, and the way back to an earlier state."""

from app.screens.history.reading import FieldChange, RowChanges, Told, describe, read_history, told_by_id
from app.screens.history.restoring import NothingToRestore, restoration
from app.screens.history.undoing import Undone, can_be_undone, undo

__all__ = [
    "FieldChange", "NothingToRestore", "RowChanges", "Told", "Undone", "can_be_undone", "describe", "read_history",
    "restoration", "told_by_id", "undo",
]  # fmt: skip
