"""Where the time of one page goes: statements and functions, in one process, without a web server."""

from __future__ import annotations

import cProfile
import pstats
import time
from statistics import median

import click

from app import create_app
from app.identity.sessions import COOKIE
from app.testing.counting import count_statements
from tests.bench.client import Client, Request
from tests.bench.database import House, superuser
from tests.bench.facts import gather
from tests.bench.scenarios import scenarios

TIMES = 100
SHOWN = 45


def profile_page(house: House, name: str) -> None:
    """Print the statements and the most expensive functions of a scenario that only reads."""
    app = create_app(house.settings)
    with superuser(house.settings) as connection:
        facts = gather(app, connection)
    scenario = next(one for one in scenarios(facts) if one.name == name)
    request: Request = scenario.real(Client(0), 0)
    browser = app.test_client()
    browser.set_cookie(COOKIE, facts.session)

    def ask() -> None:
        answer = browser.get(request.path, headers=dict(request.headers))
        assert answer.status_code == request.expects, answer.text[:2000]

    for _turn in range(10):
        ask()
    with count_statements() as seen:
        ask()
    click.echo(seen.report())
    times, busy = [], []
    for _turn in range(TIMES):
        began, worked = time.perf_counter(), time.thread_time()
        ask()
        times.append((time.perf_counter() - began) * 1000)
        busy.append((time.thread_time() - worked) * 1000)
    click.echo(f"{median(times):.2f} ms in the median, of which this process works {median(busy):.2f} ms")
    profiler = cProfile.Profile(time.thread_time)
    profiler.enable()
    for _turn in range(TIMES):
        ask()
    profiler.disable()
    for order in ("tottime", "cumulative"):
        pstats.Stats(profiler).sort_stats(order).print_stats(SHOWN)
