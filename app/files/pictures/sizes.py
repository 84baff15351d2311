"""The key of a picture, and the sizes it is kept in.

A key says the digest of the largest drawing and how large that is (`3f9c…-1600x1200`), so whatever shows a picture
knows its shape without asking the database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.data.fields import IMAGE_LIMIT

_KEY = re.compile(r"([0-9a-f]{40})-([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels: the longest edge of a whole picture, or the edge of a square cut from it."""

    edge: int
    is_square: bool = False


LARGE = "large"
"""The largest drawing, from which the others are made: whoever opens a record sees it on a fine screen."""
SIZES: dict[str, Size] = {
    "cell": Size(96, is_square=True),
    "card": Size(320),
    "card2": Size(640),
    "page": Size(800),
    LARGE: Size(1600),
}
"""By name. `card2` and `large` are for screens with two dots a pixel; a cell is so small that all get the finer one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a key says."""

    digest: str
    width: int
    height: int

    def at(self, name: str) -> tuple[int, int]:
        """Width and height in one of the sizes. Nothing is made larger than it is."""
        size = SIZES[name]
        if size.is_square:
            edge = min(size.edge, self.width, self.height)
            return edge, edge
        return fitted(self.width, self.height, size.edge)

    def is_made(self, name: str) -> bool:
        """Whether the size is a drawing of its own; of a small picture the largest one serves for many."""
        return name == LARGE or self.at(name) != (self.width, self.height)


def shape_of(key: str) -> Shape | None:
    """What the key says, None for a text that is none."""
    match = _KEY.fullmatch(key) if len(key) <= IMAGE_LIMIT else None
    return Shape(match[1], int(match[2]), int(match[3])) if match else None


def key_of(digest: str, width: int, height: int) -> str:
    """The key of a picture whose largest drawing has this SHA-256."""
    return f"{digest[:40]}-{width}x{height}"


def fitted(width: int, height: int, edge: int) -> tuple[int, int]:
    """The same shape with no edge longer than `edge`, and none that vanishes."""
    longest = max(width, height)
    if longest <= edge:
        return width, height
    return max(1, round(width * edge / longest)), max(1, round(height * edge / longest))
