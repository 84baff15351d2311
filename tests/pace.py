"""How quick the processor is at this moment: tests of seconds mean those of one processor, wherever they run."""

from __future__ import annotations

import time

COUNTED = 500_000


def slowness() -> float:
    """How many times slower than the processor for which seconds are promised this one is at this moment: by counting,
    which takes that one (3 GHz, CPython 3.11) 30 ns a number. Never below one: quick ones promise no less."""
    took = []
    for _try in range(5):
        began, total = time.perf_counter(), 0
        for number in range(COUNTED):
            total += number
        took.append(time.perf_counter() - began)
    return max(1.0, min(took) / COUNTED / 30e-9)
