"""What a chart shows: places, series of points, words. Lengths and colours are the browser's matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["number", "bars", "columns", "lines", "ring", "funnel"]
TONES = ("blue", "teal", "amber", "purple", "green", "pink", "orange", "red", "yellow")
OTHERS = "grey"


@dataclass(frozen=True, slots=True)
class Point:
    """One figure: as a number to draw, in words to read, and where its records are. `tone` where it has its own."""

    value: float
    words: str
    href: str = ""
    tone: str = ""

    def as_json(self) -> dict[str, Any]:
        more = {"href": self.href, "tone": self.tone}
        return {"value": self.value, "words": self.words} | {name: text for name, text in more.items() if text}


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one colour, one for each place. The name stands in the legend, if there is one."""

    name: str
    tone: str
    points: tuple[Point, ...]

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "tone": self.tone, "points": [one.as_json() for one in self.points]}


@dataclass(frozen=True, slots=True)
class Number:
    """A figure that is read and not drawn."""

    label: str
    value: str
    href: str


@dataclass(frozen=True)
class Chart:
    """A chart. `words` say in a sentence what it shows; `numbers` stand instead where there is one figure only."""

    kind: Kind
    title: str
    words: str = ""
    places: tuple[str, ...] = ()
    """What each point of a series is about, as short as tells it apart."""
    ends: tuple[str, ...] = ()
    """What stands behind a place: its total, or its share of the one before."""
    series: tuple[Series, ...] = ()
    is_stacked: bool = False
    unit: str = ""
    """What the axis counts: a currency, `%`, or nothing."""
    numbers: tuple[Number, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """For `charts.js`."""
        return {
            "kind": self.kind,
            "isStacked": self.is_stacked,
            "unit": self.unit,
            "places": self.places,
            "ends": self.ends,
            "series": [one.as_json() for one in self.series],
        }
