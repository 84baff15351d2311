"""In which order the parts of a line stand: the Unicode bidirectional algorithm, asked only where it matters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

Run = tuple[str, bool]
"""Letters of one direction in the order they are read, and whether that is from right to left."""

_MARKS = "\u200e\u200f\u202a-\u202e\u2066-\u2069"
_RIGHT = re.compile(f"[{_MARKS}\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff]")
_CONTROL = re.compile(f"[{_MARKS}]")
"""Marks that say which way to read; they have done their work when the runs are known."""
_STRONG = {"L": False, "R": True, "AL": True}
_GOES_ALONG = frozenset({"R", "AL", "NSM", "WS", "ON", "CS"})
"""Classes of letters that leave a line of right-to-left words in one piece."""


def is_rtl(text: str) -> bool:
    """Whether a text is read from right to left: by its first letter, as `dir="auto"` has it. Figures alone are not."""
    if text.isascii():
        return False
    found = (_STRONG.get(unicodedata.bidirectional(char)) for char in text)
    return next((one for one in found if one is not None), False)


def visual_runs(text: str, rtl: bool) -> Sequence[Run]:
    """The runs of one line from left to right as the eye meets them. `rtl` is the direction of its paragraph."""
    if _RIGHT.search(text) is None and (not rtl or text.isdigit()):
        return ((text, False),) if text else ()
    return _resolved(text, rtl)


@lru_cache(maxsize=20_000)
def _resolved(text: str, rtl: bool) -> Sequence[Run]:
    if rtl and _CONTROL.search(text) is None and all(unicodedata.bidirectional(char) in _GOES_ALONG for char in text):
        return ((text, True),)
    direction = TextDirection.RTL if rtl else TextDirection.LTR
    letters = BidiParagraph(text, direction).get_characters_with_embedding_level()
    levels = [
        (level, "".join(one.character for one in group))
        for level, group in groupby(letters, key=lambda one: one.embedding_level)
    ]
    shown = [(_CONTROL.sub("", run), bool(level % 2)) for level, run in _reordered(levels)]
    return [(run, goes_left) for run, goes_left in shown if run]


def _reordered(levels: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Rule L2: from the highest level down to the lowest odd one, neighbours of that level or higher change places."""
    highest = max((level for level, _run in levels), default=0)
    for limit in range(highest, 0, -1):
        groups = [list(group) for _high, group in groupby(levels, key=lambda one: one[0] >= limit)]
        levels = [one for group in groups for one in (group[::-1] if group[0][0] >= limit else group)]
    return levels
