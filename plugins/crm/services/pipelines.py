"""Keys of stages and statuses."""

from __future__ import annotations

import re
from typing import Any


def complete_key(row: Any, is_new: bool) -> None:
    """A key that was left empty is made from the name: `Erste Wahl` becomes `erste_wahl`."""
    if not row.key:
        row.key = re.sub(r"\W+", "_", row.name.casefold()).strip("_")[:60] or "stage"
