"""Where the time of one page goes: statements and functions, in one process, without a web server."""

from __future__ import annotations

import cProfile
import os
import pstats
import time
from collections.abc import Callable
from statistics import median

import click
from flask import Flask

from app import create_app
from app.identity.sessions import COOKIE
from app.testing.counting import count_statements
from tests.bench.client import Client, Request
from tests.bench.database import House, superuser
from tests.bench.facts import gather
from tests.bench.floor.app import ADDRESS
from tests.bench.floor.app import create_app as create_floor
from tests.bench.scenarios import scenarios
from tests.bench.serving import floor_address

TIMES = 100
SHOWN = 110
Ask = Callable[[], None]


def profile_page(house: House, name: str) -> None:
    """Print the statements and the most expensive functions of a scenario that only reads."""
    app = create_app(house.settings)
    with superuser(house.settings) as connection:
        facts = gather(app, connection)
    scenario = next(one for one in scenarios(facts) if one.name == name)
    os.environ[ADDRESS] = floor_address(house.settings)
    sides = {
        "floor": _asker(create_floor(), scenario.floor(Client(0), 0), {}),
        "Tenantry": _asker(app, scenario.real(Client(0), 0), {COOKIE: facts.session}),
    }
    for title, (wall, busy) in _clock(sides).items():
        click.echo(f"{title}: {wall:.2f} ms in the median, of which this process works {busy:.2f} ms")
    with count_statements() as seen:
        sides["Tenantry"]()
    click.echo(seen.report())
    profiler = cProfile.Profile(time.thread_time)
    profiler.enable()
    for _turn in range(TIMES):
        sides["Tenantry"]()
    profiler.disable()
    for order in ("tottime", "cumulative"):
        pstats.Stats(profiler).sort_stats(order).print_stats(SHOWN)


def _asker(app: Flask, request: Request, cookies: dict[str, str]) -> Ask:
    browser = app.test_client()
    for name, value in cookies.items():
        browser.set_cookie(name, value)

    def ask() -> None:
        answer = browser.get(request.path, headers=dict(request.headers))
        assert answer.status_code == request.expects, answer.text[:2000]

    return ask


def _clock(sides: dict[str, Ask]) -> dict[str, tuple[float, float]]:
    """(wall, CPU) in milliseconds, in turns."""
    times: dict[str, list[tuple[float, float]]] = {title: [] for title in sides}
    for turn in range(TIMES + 10):
        for title, ask in sides.items():
            began, worked = time.perf_counter(), time.thread_time()
            ask()
            if turn >= 10:
                times[title].append(((time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000))
    return {title: (median(one[0] for one in found), median(one[1] for one in found)) for title, found in times.items()}
