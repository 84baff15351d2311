"""`python -m tests.bench.jobs`: needs the extra `bench` for Celery."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import click

from tests.bench.jobs import ours, peers
from tests.bench.jobs.timing import Timing
from tests.job_house import JobHouse


@click.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--write/--no-write", default=True, help="Write the report to tests/bench/JOBS.md.")
def main(rounds: int, workers: int, write: bool) -> None:
    """Measure in turns, so that no system gets the quiet hour."""
    results: dict[str, list[Timing]] = {}
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as folder:
        house = JobHouse(Path(folder), tenants=ours.TENANTS, lease_seconds=15)
        try:
            for _round in range(rounds):
                for timing in _one_round(house, workers):
                    click.echo(f"{timing.name}: {timing.rate:,.0f} a second", err=True)
                    results.setdefault(timing.name, []).append(timing)
        finally:
            house.stop()
    text = report(results, rounds)
    click.echo(text)
    if write:
        (Path(__file__).parents[1] / "JOBS.md").write_text(text)


def _one_round(house: JobHouse, workers: int) -> list[Timing]:
    url = house.settings.redis_url
    found = [peers.rq(url, 2_000, 1), peers.rq(url, 3_000, workers), peers.celery(url, 6_000, workers)]
    process = house.start("jobs", TENANTRY_JOB_WORKERS=str(workers))
    house.wait_for("worker", workers)
    durable = "a row in PostgreSQL with fsync, before and after"
    found += [
        ours.measure(house, f"Tenantry, {workers} workers, no-op", "garage.nothing", 20_000, durable),
        ours.measure(house, f"Tenantry, {workers} workers, one write a job", "garage.mark", 6_000, durable),
        ours.measure(
            house, f"Tenantry, {workers} workers, no-op, a commit for each", "garage.nothing", 3_000, durable, 1
        ),
    ]
    process.terminate()
    process.wait(20)
    house.started.remove(process)
    return found


def report(results: dict[str, list[Timing]], rounds: int) -> str:
    """A Markdown table of medians."""
    base = median(one.rate for one in next(iter(results.values())))
    lines = [
        "# Jobs a second, end to end",
        "",
        (
            "From the first `enqueue` to the last job done, enqueued while the workers run;"
            f" {os.cpu_count()} cores shared by everything, Valkey with its append-only file, medians of {rounds}"
            f" rounds in turns, {datetime.now(UTC):%Y-%m-%d}. Made by `python -m tests.bench.jobs`."
        ),
        "",
        "| | jobs a second | to RQ | enqueued a second | kept |",
        "|---|---|---|---|---|",
    ]
    for name, timings in results.items():
        rate = median(one.rate for one in timings)
        enqueued = median(one.jobs / one.enqueue_seconds for one in timings)
        lines.append(f"| {name} | {rate:,.0f} | {rate / base:.1f}x | {enqueued:,.0f} | {timings[0].remark} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
