"""One run: facts, servers, rounds, figures."""

from __future__ import annotations

from pathlib import Path

from app import create_app
from tests.bench.database import House, Log, superuser
from tests.bench.facts import gather
from tests.bench.measuring import Bench
from tests.bench.plan import Plan
from tests.bench.report import Figures, report
from tests.bench.scenarios import scenarios
from tests.bench.searching import measure_search
from tests.bench.serving import floor_server, real_server

FLOODED = ("list", "rest")
FLOOD_SECONDS = 4.0
EVERYTHING = "everything"
"""The scenario that the time in the database is measured for as well."""


def run(house: House, plan: Plan, folder: Path, rounds: int, only: list[str], log: Log) -> str:
    """Measure and return the report. Raises AssertionError when a page does not answer as it should."""
    with superuser(house.settings) as connection:
        facts = gather(create_app(house.settings), connection)
    chosen = [one for one in scenarios(facts) if not only or one.name in only]
    with floor_server(house.settings, folder) as floor, real_server(house.environ, folder) as real:
        bench = Bench(floor, real, facts)
        log(f"{len(chosen)} scenarios, {rounds} rounds")
        results = bench.measure(chosen, rounds)
        log("throughput")
        flooded = {one.title: bench.throughput(one, FLOOD_SECONDS) for one in chosen if one.name in FLOODED}
        memory = {"the floor": floor.memory(), "Tenantry": real.memory()}
    figures = report(Figures(plan, rounds, results, flooded, memory))
    return figures if only and EVERYTHING not in only else f"{figures}\n{measure_search(house, plan)}"
