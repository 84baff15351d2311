"""What a chart is made of: rectangles, dots, lines, slices and words, already placed and addressed.

Across, everything is a percentage of the width; down, it is pixels. `Canvas` mirrors for right-to-left pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Anchor = Literal["start", "middle", "end"]
TONES = ("blue", "teal", "amber", "purple", "green", "pink", "orange", "red", "yellow")
OTHERS = "grey"


@dataclass(frozen=True, slots=True)
class Box:
    """A bar. `words` say it in full: what it is, how much."""

    x: str
    y: float
    width: str
    height: float
    tone: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line."""

    x: str
    y: float
    tone: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a ring, in hundredths of it."""

    start: str
    share: str
    tone: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text. `look` is a class of the style sheet."""

    x: str
    y: float
    text: str
    anchor: Anchor = "start"
    look: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points in thousandths of the plot, drawn without changing its thickness."""

    points: str
    tone: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend."""

    label: str
    tone: str
    value: str = ""
    href: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart, ready to be printed. `number` and `figures` stand instead of shapes where there is one figure only."""

    kind: str
    title: str
    words: str
    height: int = 0
    plot: tuple[int, int] = (0, 0)
    """Where a chart with an axis has its plot: top and height."""
    boxes: tuple[Box, ...] = ()
    dots: tuple[Dot, ...] = ()
    slices: tuple[Slice, ...] = ()
    texts: tuple[Words, ...] = ()
    paths: tuple[Path, ...] = ()
    rules: tuple[float, ...] = ()
    legend: tuple[Entry, ...] = ()
    figures: tuple[Entry, ...] = ()


@dataclass
class Canvas:
    """Collects what is drawn; `is_mirrored` for right-to-left."""

    is_mirrored: bool
    boxes: list[Box] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    texts: list[Words] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)

    def box(self, x: float, y: float, width: float, height: float, tone: str, words: str, href: str) -> None:
        left = 100 - x - width if self.is_mirrored else x
        self.boxes.append(Box(_percent(left), y, _percent(width), round(height, 1), tone, words, href))

    def dot(self, x: float, y: float, tone: str, words: str, href: str) -> None:
        self.dots.append(Dot(self._across(x), round(y, 1), tone, words, href))

    def text(self, x: float, y: float, text: str, anchor: Anchor = "start", look: str = "") -> None:
        self.texts.append(Words(self._across(x), round(y, 1), text, anchor, look))

    def path(self, points: list[tuple[float, float]], tone: str) -> None:
        """Points as shares of the plot: across, and down from its top."""
        placed = [((1 - x if self.is_mirrored else x) * 1000, y * 1000) for x, y in points]
        self.paths.append(Path(" ".join(f"{x:.1f},{y:.1f}" for x, y in placed), tone))

    def _across(self, x: float) -> str:
        return _percent(100 - x if self.is_mirrored else x)


def _percent(value: float) -> str:
    return f"{round(value, 2):g}%"
