"""Whether the first line of a table names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

_VALUE = re.compile(r"[+\-(]?[\d٠-٩][\d٠-٩.,:/\-() ]*|\S+@\S+\.\S+|https?://\S+|true|false", re.IGNORECASE)


def looks_like_heading(first: Sequence[str], second: Sequence[str] | None) -> bool:
    """Headings are words, each once; values repeat, are numbers, dates or addresses."""
    cells = [cell.strip() for cell in first if cell.strip()]
    if not cells or any(_VALUE.fullmatch(cell) for cell in cells):
        return False
    if second is None:
        return False  # a single line is data: a file of headings alone imports nothing
    return len({cell.casefold() for cell in cells}) * 3 >= len(cells)
