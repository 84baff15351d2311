"""The ring of shares."""

from __future__ import annotations

from decimal import Decimal

from app.reports.charts.drawing import Chart, Entry, Slice
from app.reports.charts.pen import Pen
from app.reports.words import percent_words, value_words


def ring(pen: Pen) -> Chart | None:
    """A ring of shares; what is not above zero has none."""
    values = [max(0.0, value) for value in pen.values]
    whole = sum(values)
    if not whole:
        return None
    slices, legend, start = [], [], 0.0
    for at, (group, value) in enumerate(zip(pen.result.rows, values, strict=True)):
        share = value * 100 / whole
        tone, href = pen.tone(at, 0, group), pen.drill.href(at)
        words = f"{pen.words(at)} ({percent_words(Decimal(repr(round(share, 1))))})"
        if share:
            slices.append(Slice(f"{-start:.3f}", f"{share:.3f} {100 - share:.3f}", tone, words, href))
        legend.append(Entry(group.label, tone, value_words(pen.value(at)), href))
        start += share
    return pen.chart("ring", 0, slices=tuple(slices), legend=tuple(legend))
