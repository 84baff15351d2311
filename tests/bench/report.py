"""The figures as a Markdown table."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from tests.bench.measuring import Result
from tests.bench.plan import Plan


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured."""

    plan: Plan
    rounds: int
    results: Sequence[Result]
    throughput: Mapping[str, tuple[float, float]]
    memory: Mapping[str, tuple[float, float]]
    """(a worker, all processes) in megabytes, of floor and Tenantry."""


def report(figures: Figures) -> str:
    """The whole report."""
    lines = [
        "# Benchmark",
        "",
        _how(figures),
        "",
        "| | floor | Tenantry | ratio p50 | ratio p95 | goal | statements | worker CPU ms | bytes |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(one) for one in figures.results),
        "",
        *_depth(figures.results),
        *(f"{title}, 8 clients: floor {floor:.0f} requests a second, Tenantry {real:.0f} ({real / floor:.0%})."
          for title, (floor, real) in figures.throughput.items()),
        "",
        *(f"Memory of {name}: {worker:.0f} MB a worker, {whole:.0f} MB in all."
          for name, (worker, whole) in figures.memory.items()),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _how(figures: Figures) -> str:
    plan = figures.plan
    return (
        f"{plan.contacts:,} contacts over {plan.tenants} tenants, asked in the largest ({plan.largest:,}); two channels"
        " and some 17 search tokens a contact. The floor is a bare Flask + psycopg + Jinja view with the ideal query"
        f" under the same row-level security. {os.cpu_count()} cores shared with client and database, gunicorn with 2"
        f" workers each, {figures.rounds} rounds in turns, {datetime.now(UTC):%Y-%m-%d}. Milliseconds p50 / p95; ratios"
        " are medians of the rounds; CPU and bytes are floor / Tenantry. Made by `python -m tests.bench`."
    )


def _row(one: Result) -> str:
    p50, p95, goal = one.ratio("p50"), one.ratio("p95"), one.scenario.goal
    verdict = "" if goal is None else f"{goal:g}x {'yes' if max(p50, p95) <= goal else 'NO'}"
    times = [f"{median(side.p50):.1f} / {median(side.p95):.1f}" for side in (one.floor, one.real)]
    size = f"{one.floor.size:,} / {one.real.size:,}"
    busy = " / ".join(f"{median(side.busy):.1f}" for side in (one.floor, one.real))
    cells = (one.scenario.title, *times, f"{p50:.1f}", f"{p95:.1f}", verdict, str(one.real.statements), busy, size)
    return f"| {' | '.join(cells)} |"


def _depth(results: Sequence[Result]) -> list[str]:
    found = {one.scenario.name: median(one.real.p50) for one in results}
    if not {"list", "deep"} <= set(found):
        return []
    return [f"Page 4,000 takes {found['deep'] / found['list']:.2f} times as long as the first.", ""]
