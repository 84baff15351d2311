"""Round numbers for an axis, and which labels have room below it."""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST_LABELS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to a share of the plot, 0 being the lowest."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


def scale_of(values: list[float], wanted: int = 4) -> Scale:
    """A scale over these values and zero, with about so many ticks at round numbers."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    if low == high:
        high = low + 1
    step = _round_step((high - low) / wanted)
    first, last = math.floor(low / step), math.ceil(high / step)
    return Scale(first * step, last * step, tuple(at * step for at in range(first, last + 1)))


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(factor * size for factor in (1, 2, 5, 10) if factor * size >= rough * 0.999_999)


def labelled(count: int) -> list[int]:
    """Which of so many places get a label: all, or evenly spread ones, the first among them."""
    step = max(1, math.ceil(count / MOST_LABELS))
    return list(range(0, count, step))
