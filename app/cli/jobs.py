"""`tenantry worker`, `dispatcher` and `scheduler`: the parts that do jobs, singly or, under `up`, all in one house."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

import click

from app.ops.prefork import Child, Prefork

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


@click.command()
@click.option("--processes", type=click.IntRange(1, 256), help="How many; TENANTRY_JOB_WORKERS by default.")
def worker(processes: int | None) -> None:
    """Run jobs, in several processes. Each runs one at a time; end it politely and it finishes the one it has."""
    app, settings = _prepare()
    Prefork(_workers(app, processes or settings.job_workers)).run()


@click.command()
def dispatcher() -> None:
    """Wake workers for jobs that are due, recover what died, and hand events over to jobs."""
    Prefork([_dispatcher(_prepare()[0])]).run()


@click.command()
def scheduler() -> None:
    """Enqueue jobs by the clock. Of several one leads; the others take over when it dies."""
    Prefork([_scheduler(_prepare()[0])]).run()


@click.command(hidden=True)
def jobs() -> None:
    """Workers, dispatcher and scheduler under one parent: what `up` starts."""
    app, settings = _prepare()
    Prefork([_dispatcher(app), _scheduler(app), *_workers(app, settings.job_workers)]).run()


def _prepare() -> tuple[Flask, Settings]:
    """The application, imported once before forking. It opens no connection."""
    from app import create_app
    from app.ops.logging import configure
    from config import load_settings

    settings = load_settings()
    configure(settings)
    return create_app(settings), settings


def _workers(app: Flask, count: int) -> list[Child]:
    from app.jobs.worker import work

    return [Child(f"worker {number + 1}", lambda: work(app)) for number in range(count)]


def _dispatcher(app: Flask) -> Child:
    return Child("dispatcher", lambda: _dispatch(app))


def _dispatch(app: Flask) -> None:
    """Be a dispatcher, with the relay of events beside it."""
    from app.events.relay import run_relay
    from app.jobs.dispatcher import dispatch

    stop = _stopper()
    Thread(target=run_relay, args=(app, stop), name="relay", daemon=True).start()
    dispatch(app, stop.is_set)


def _scheduler(app: Flask) -> Child:
    return Child("scheduler", lambda: _schedule(app))


def _schedule(app: Flask) -> None:
    """Be a scheduler, with the anchoring of the audit log beside it."""
    from app.audit.anchoring import run_anchoring
    from app.jobs.scheduler import schedule_jobs

    stop = _stopper()
    anchoring = Thread(target=run_anchoring, args=(app, stop), name="anchoring", daemon=True)
    anchoring.start()
    schedule_jobs(app, stop)
    anchoring.join(5)


def _stopper() -> Event:
    """Set when this process is asked to end."""
    asked = Event()
    note: Callable[..., None] = lambda *_: asked.set()  # noqa: E731
    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    return asked
