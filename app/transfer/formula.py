"""Cells that a spreadsheet must not take for formulas, and their way back."""

from __future__ import annotations

import re

UNSAFE = r"^[\s\u200b\ufeff]*[=+@\uff1d\uff0b\uff0d\uff20-]|^['\t\r]"
"""Texts that get an apostrophe before them: formulas, behind blanks too, and texts that begin with one already."""
_UNSAFE = re.compile(UNSAFE)


def escaped(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would run it. `coercion.unescaped` takes it off."""
    return f"'{text}" if _UNSAFE.match(text) else text
