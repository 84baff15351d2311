"""Writing a resource as one person: from a form or JSON to the row, with every refusal at its field and in words."""

from app.screens.writing.actions import run_action
from app.screens.writing.json_body import read_json
from app.screens.writing.removal import Effect, effects_of_delete, purge, restore, trash
from app.screens.writing.saving import Conflict, Doubts, Invalid, NotAllowed, save
from app.screens.writing.submission import InlineRow, Submission, read_form
from app.screens.writing.trees import check_tree

__all__ = [
    "Conflict", "Doubts", "Effect", "InlineRow", "Invalid", "NotAllowed", "Submission", "check_tree",
    "effects_of_delete", "purge", "read_form", "read_json", "restore", "run_action", "save", "trash",
]  # fmt: skip
