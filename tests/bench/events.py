"""`python -m tests.bench.events`: events a second, end to end, on the machine's own PostgreSQL and Valkey.

Events are written with a change each, as a save does; one process hands them over, others run the handlers. The clock
runs from the first one handed over to the last handler's commit. Three handlers hear of each event.
"""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import click
from sqlalchemy import text

from app.testing import servers

PLUGINS = ("garage", "depot")


def _found() -> list[Any]:
    from app.host.discovery import Found, discover

    return [*discover(), *(Found(name, f"tests.plugins_for_tests.{name}.plugin") for name in PLUGINS)]


def hand_over_forever(settings: Any) -> None:
    """The relay's process."""
    from threading import Event

    from app import create_app
    from app.events.relay import run_relay

    run_relay(create_app(settings, _found()), Event())


def work_forever(settings: Any) -> None:
    """A worker's process, without Redis: it looks for itself."""
    from app import create_app
    from app.jobs import run_due

    app = create_app(settings, _found())
    while True:
        if not run_due(app):
            time.sleep(0.02)


def _write(house: Any, parcels: list[Any], rounds: int) -> float:
    from tests.plugins_for_tests.depot import services

    began = time.perf_counter()
    for _round in range(rounds):
        with house.inside() as session:
            for parcel in parcels:
                services.move(parcel)
            session.commit()
    return time.perf_counter() - began


def _analyze(app: Any) -> None:
    """What autovacuum has done long before on a system that lives."""
    from app.data import platform_session

    with app.app_context(), platform_session("the benchmark asks for statistics") as session:
        session.execute(text("ANALYZE"))


def _left(app: Any) -> int:
    from app.data import platform_session

    with app.app_context(), platform_session("the benchmark waits for the end") as session:
        query = "SELECT count(*) FROM domain_event WHERE name = 'depot.parcel_moved' AND state <> 'done'"
        return int(session.scalar(text(query)) or 0)


@click.command()
@click.option("--parcels", default=500, show_default=True, help="Aggregates.")
@click.option("--rounds", default=6, show_default=True, help="Events of each.")
@click.option("--workers", default=2, show_default=True)
def main(parcels: int, rounds: int, workers: int) -> None:
    """Measure it."""
    from app import create_app
    from app.identity.sync import sync_all
    from app.installation.approval import accept_all
    from app.ops.bootstrap import prepare_roles
    from app.ops.migrations import upgrade_all
    from app.testing.house import House
    from tests.plugins_for_tests.depot.models import Parcel

    running = servers.Servers(servers.new_folder())
    running.start()
    try:
        url = servers.create_database(running.database_url, "bench_events")
        settings = servers.settings_for(url, running.redis_url, running.folder)
        prepare_roles(settings)
        app = create_app(settings, _found())
        upgrade_all(settings, lambda line: None, app.extensions["tenantry"].histories())
        sync_all(app)
        with app.app_context():
            accept_all("the benchmark")
        house = House(app)
        made = house.add(*[Parcel(code=f"B-{number}") for number in range(parcels)])
        seconds, count = _write(house, made, rounds), parcels * rounds
        _analyze(app)
        click.echo(f"written: {count} events with their changes in {seconds:.1f} s, {count / seconds:.0f}/s")
        _measure(app, settings, count, workers)
    finally:
        running.stop()


def _measure(app: Any, settings: Any, count: int, workers: int) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=hand_over_forever, args=(settings,), daemon=True)]
    processes += [spawn.Process(target=work_forever, args=(settings,), daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    while _left(app) == count:
        time.sleep(0.01)
    began = time.perf_counter()
    while _left(app):
        time.sleep(0.1)
    seconds = time.perf_counter() - began
    for process in processes:
        process.kill()
    click.echo(f"handled: {count} events, three handlers each, in {seconds:.1f} s: {count / seconds:.0f} events/s,")
    click.echo(f"         {3 * count / seconds:.0f} handlers/s, with {workers} workers and one relay")


if __name__ == "__main__":
    main()
